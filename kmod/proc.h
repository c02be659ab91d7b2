/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Shared by proc_*.c and mfd*.c only.
 *
 * How unloading is made safe. Open files have an owner, so a module with one
 * is not unloaded. Every other way into this code goes through
 * crt_proc_enter() and ends with crt_proc_leave():
 *
 *   - the three probed functions of proc_hook.c, in the probe's handler;
 *   - the inode operations of mfd.c, at their beginning.
 *
 * crt_proc_exit() lets nobody enter any more and waits for those inside. A
 * task may then still be before the first or after the last of these steps,
 * where nothing sleeps; it is waited for by synchronize_rcu_tasks().
 *
 * No inode ever points to file_operations of ours, since open() may sleep
 * between reading i_fop and calling its open. Our inodes keep the kernel's
 * default i_fop, whose open is a function that only fails; a probe on that
 * function recognises our inodes.
 */
#ifndef CRT_PROC_H
#define CRT_PROC_H

#include <linux/fs.h>
#include <linux/stddef.h>

/*
 * The kernel's struct proc_inode and struct pid_entry, which are private to
 * fs/proc. proc_check.c refuses to go on where they do not look like this.
 */
struct crt_proc_inode {
	struct pid *pid;
	unsigned int fd;
	const void *op;		/* a union of pointers */
	void *pde;
	void *sysctl;
	void *sysctl_entry;
	struct hlist_node sibling_inodes;
	const void *ns_ops;
	struct inode vfs_inode;
};

struct crt_pid_entry {
	const char *name;
	unsigned int len;
	umode_t mode;
	const struct inode_operations *iop;
	const struct file_operations *fop;
	const void *op;		/* a union of pointers */
};

static inline struct crt_proc_inode *crt_proc_inode(const struct inode *inode)
{
	return container_of(inode, struct crt_proc_inode, vfs_inode);
}

/* proc_main.c */
extern struct file_system_type *crt_proc_fs_type;

/* May be called in any context; false if the entries are going or not there. */
bool crt_proc_enter(void);
void crt_proc_leave(void);

/* proc_check.c: does this kernel look as expected? 0, or an error and a line. */
int crt_proc_check_layout(const struct inode *inode);
int crt_proc_check_entries(struct vfsmount *mnt);

/* proc_hook.c: @inode is any inode of proc that has the default i_fop. */
int crt_hook_init(const struct inode *inode);
void crt_hook_exit(void);
extern unsigned long crt_tgid_table;
extern unsigned long crt_tid_table;

/* proc_open.c: the default open was called for @inode; is it one of ours? */
bool crt_is_dump(const struct inode *inode);
bool crt_is_ours(const struct inode *inode);
int crt_open(struct inode *inode, struct file *file);
extern const char crt_dump_mark;

/* proc_purge.c: take every cached trace of our entries out of the kernel. */
void crt_proc_purge(void);

/* mfd.c */
extern const struct inode_operations crt_mfd_dir_iops;
extern const struct file_operations crt_mfd_dir_fops;

/* mfd_link.c */
extern const struct inode_operations crt_mfd_link_iops;
int crt_mfd_setattr(struct mnt_idmap *idmap, struct dentry *dentry,
		    struct iattr *attr);

/* Bytes for the name of an entry of mfd/, NUL included. */
#define CRT_MFD_NAME_MAX (2 * sizeof(long) + 1)

int crt_mfd_parse(const struct qstr *name, unsigned long *ret);

#endif
