/* SPDX-License-Identifier: GPL-2.0 */
/* Shared by proc_*.c and mfd*.c only. */
#ifndef CRT_PROC_H
#define CRT_PROC_H

#include <linux/fs.h>
#include <linux/path.h>

/* mfd.c */
extern const struct file_operations crt_mfd_dir_fops;
struct dentry *crt_mfd_lookup(struct inode *dir, struct dentry *dentry);

/* mfd_link.c */
int crt_mfd_link_path(struct dentry *dentry, bool follow, struct path *ret);

/* Bytes for the name of an entry of mfd/, NUL included. */
#define CRT_MFD_NAME_MAX (2 * sizeof(long) + 1)

int crt_mfd_parse(const struct qstr *name, unsigned long *ret);

#endif
