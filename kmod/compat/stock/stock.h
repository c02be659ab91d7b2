/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What stands in for the series of kernel-patches/ on kernels without it:
 *
 *   symbols.c   for the exports: lookup by name
 *   others      for the registration of entries: probes in fs/proc
 *
 * How unloading is made safe. Open files have an owner, so a module with one
 * is not unloaded. Every other way into the module goes through
 * crt_proc_enter() and ends with crt_proc_leave():
 *
 *   - the three probed functions of hook.c, in the probe's handler;
 *   - the inode operations of inodes.c, at their beginning.
 *
 * proc_unregister_pid_entries() lets nobody enter any more and waits for those
 * inside. A task may then still be before the first or after the last of these
 * steps, where nothing sleeps; it is waited for by synchronize_rcu_tasks().
 *
 * No inode ever points to file_operations of ours, since open() may sleep
 * between reading i_fop and calling its open. Our inodes keep the kernel's
 * default i_fop, whose open is a function that only fails; a probe on that
 * function recognises our inodes.
 */
#ifndef CRT_STOCK_H
#define CRT_STOCK_H

#include <linux/fs.h>

/* symbols.c: the address, or 0; crt_symbol() then writes a line to the log. */
unsigned long crt_find_symbol(const char *name);
unsigned long crt_symbol(const char *name);

#ifdef CRT_PID_ENTRIES_PROBED
#include <linux/namei.h>
#include <linux/stddef.h>

/*
 * The kernel's struct proc_inode and struct pid_entry, which are private to
 * fs/proc. check.c refuses to go on where they do not look like this.
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

/* fs/proc/base.c; the tables are struct pid_entry in the kernel. */
struct inode *proc_pid_make_inode(struct super_block *sb,
				  struct task_struct *task, umode_t mode);
struct dentry *proc_pident_lookup(struct inode *dir, struct dentry *dentry,
				  const void *table, const void *end);
int proc_pident_readdir(struct file *file, struct dir_context *ctx,
			const void *table, unsigned int entries);

#define CRT_SYMBOL(name)	DECLARE_STATIC_CALL(crt_##name, name)
#include "stock_symbols_list.h"
#undef CRT_SYMBOL

/* entries.c */
#define CRT_MAX_ENTRIES	4
extern struct file_system_type *crt_proc_fs_type;
extern const struct proc_pid_entry *crt_entries;
extern unsigned int crt_nr_entries;

/* May be called in any context; false if the entries are going or not there. */
bool crt_proc_enter(void);
void crt_proc_leave(void);

/* The entry that @inode was made for, or NULL. For S_IFLNK: of the folder. */
const struct proc_pid_entry *crt_entry_of(const struct inode *inode);

/* check.c: does this kernel look as expected? 0, or an error and a line. */
int crt_proc_check_layout(const struct inode *inode);
int crt_proc_check_entries(struct vfsmount *mnt);

/* hook.c: @inode is any inode of proc that has the default i_fop. */
int crt_hook_init(const struct inode *inode);
void crt_hook_exit(void);
extern unsigned long crt_tgid_table;
extern unsigned long crt_tid_table;

/* inodes.c; crt_open() is called in place of the default open. */
extern const struct inode_operations crt_dir_iops;
int crt_open(struct inode *inode, struct file *file);

/* purge.c: take every cached trace of our entries out of the kernel. */
void crt_proc_purge(void);
#endif

#endif
