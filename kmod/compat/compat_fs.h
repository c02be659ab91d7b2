/* SPDX-License-Identifier: GPL-2.0 */
#ifndef CRT_COMPAT_FS_H
#define CRT_COMPAT_FS_H

#include <linux/fs.h>
#include <linux/mount.h>
#include <linux/namei.h>

/* 6.5: declared for all; exported since ever. */
int vfs_path_lookup(struct dentry *dentry, struct vfsmount *mnt,
		    const char *name, unsigned int flags, struct path *path);

/* 6.3: inode operations take a mnt_idmap in place of a user_namespace. */
#ifdef CRT_INODE_PERMISSION_IDMAP
#define crt_mnt_idmap(mnt) mnt_idmap(mnt)
#endif
#ifdef CRT_INODE_PERMISSION_USERNS
#define crt_mnt_idmap(mnt) mnt_user_ns(mnt)
#define mnt_idmap user_namespace	/* in prototypes of inode operations */
#endif

/*
 * 6.8: AppArmor takes a file for the program of an execve if it was opened as
 * such; before if it was opened during one, and remembers that reading and
 * executing it is allowed. It looks again when asked for something that it does
 * not remember yet: its AA_MAY_GETATTR, which every rule allows; and then its
 * AA_MAY_OPEN, which goes with reading, beside AA_EXEC_MMAP.
 */
#ifdef CRT_LSM_EXEC_OF_FILE
#define CRT_LSM_READ	MAY_READ
#define CRT_LSM_EXEC	0
#endif
#ifdef CRT_LSM_EXEC_OF_TASK
#define CRT_LSM_READ	(MAY_READ | 0x200)
#define CRT_LSM_EXEC	(0x40 | 0x10000)
#endif

/* 6.7: files that overlayfs maps have the path of the file beneath. */
#ifdef CRT_FILE_F_PATH
static inline const struct path *file_user_path(const struct file *file)
{
	return &file->f_path;
}
#endif

/* 6.16: mmap_prepare may stand in place of mmap. */
#ifdef CRT_F_OP_MMAP
static inline bool can_mmap_file(struct file *file)
{
	return file->f_op->mmap;
}
#endif

#endif
