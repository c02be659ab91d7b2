/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Entries in /proc/PID/ and /proc/PID/task/TID/. No released kernel lets them
 * be registered: the first patch of kernel-patches/ adds the interface, and
 * stock/ does the same on kernels without it, by probes.
 */
#ifndef CRT_COMPAT_PROC_H
#define CRT_COMPAT_PROC_H

#ifdef CRT_PID_ENTRIES_REGISTERED
#include <linux/proc_pid_entries.h>
#endif

#ifdef CRT_PID_ENTRIES_PROBED
#include <linux/fs.h>
#include <linux/path.h>

/*
 * See the patch's <linux/proc_pid_entries.h>. The one difference: there is one
 * table at a time. Loading and unloading of the module only.
 */
struct proc_pid_entry {
	const char *name;
	umode_t mode;
	const struct file_operations *fop;
	struct dentry *(*lookup)(struct inode *dir, struct dentry *dentry);
	int (*link_path)(struct dentry *link, bool follow, struct path *ret);
};

struct proc_pid_entries;

struct proc_pid_entries *
proc_register_pid_entries(const struct proc_pid_entry *table, unsigned int nr);
void proc_unregister_pid_entries(struct proc_pid_entries *entries);
struct pid *proc_pid_entry_pid(const struct inode *inode);
struct dentry *proc_pid_entry_link(const struct inode *dir,
				   struct dentry *dentry,
				   struct task_struct *task, umode_t mode);
#endif

#endif
