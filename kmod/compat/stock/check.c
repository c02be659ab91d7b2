// SPDX-License-Identifier: GPL-2.0
/*
 * Checks that the private structures of fs/proc are what stock.h says, before
 * and after the hooks are set. A kernel that differs is refused, not patched.
 */

#include "crtools.h"
#include "stock.h"

#ifdef CRT_PID_ENTRIES_PROBED
#include <linux/err.h>
#include <linux/pid.h>
#include <linux/stat.h>
#include <linux/uaccess.h>

static int crt_refuse(const char *what)
{
	pr_err("not loaded: %s of this kernel is not as expected\n", what);
	return -EOPNOTSUPP;
}

/* Is entry @index of the table at @addr the folder @name? */
static bool crt_entry_is(unsigned long addr, unsigned int index,
			 const char *name)
{
	const struct crt_pid_entry *table = (void *)addr;
	struct crt_pid_entry entry;
	size_t len = strlen(name);
	char buf[16];

	if (copy_from_kernel_nofault(&entry, table + index, sizeof(entry)) ||
	    entry.len != len || !S_ISDIR(entry.mode))
		return false;
	return !copy_from_kernel_nofault(buf, entry.name, len + 1) &&
	       !memcmp(buf, name, len + 1);
}

/* @inode was made by proc_pid_make_inode() for the current task. */
int crt_proc_check_layout(const struct inode *inode)
{
	if (crt_proc_inode(inode)->pid != task_pid(current))
		return crt_refuse("struct proc_inode");
	if (!inode->i_fop || !inode->i_fop->open || inode->i_fop->owner)
		return crt_refuse("the default open of an inode");

	crt_tgid_table = crt_symbol("tgid_base_stuff");
	crt_tid_table = crt_symbol("tid_base_stuff");
	if (!crt_tgid_table || !crt_tid_table)
		return -ENOENT;
	if (!crt_entry_is(crt_tgid_table, 0, "task") ||
	    !crt_entry_is(crt_tgid_table, 1, "fd") ||
	    !crt_entry_is(crt_tid_table, 0, "fd") ||
	    !crt_entry_is(crt_tid_table, 1, "fdinfo"))
		return crt_refuse("struct pid_entry");
	return 0;
}

/* Is @entry found in /proc/@folder, and made as it should be, for @pid? */
static int crt_check_entry(struct vfsmount *mnt, const char *folder,
			   const struct proc_pid_entry *entry,
			   const struct pid *pid)
{
	const struct inode *inode;
	struct path found;
	char path[64];
	int ret;

	snprintf(path, sizeof(path), "%s/%s", folder, entry->name);
	ret = vfs_path_lookup(mnt->mnt_root, mnt, path, 0, &found);
	if (ret) {
		pr_err("not loaded: /proc/%s did not appear (%d)\n", path, ret);
		return ret;
	}
	inode = d_inode(found.dentry);
	if (crt_entry_of(inode) != entry || inode->i_mode != entry->mode ||
	    (S_ISDIR(entry->mode) && inode->i_op != &crt_dir_iops) ||
	    proc_pid_entry_pid(inode) != pid)
		ret = crt_refuse("an entry made from struct pid_entry");
	path_put(&found);
	return ret;
}

/* The hooks are set: do lookups find what they should? */
int crt_proc_check_entries(struct vfsmount *mnt)
{
	unsigned int i;
	int ret = 0;

	for (i = 0; i < crt_nr_entries && !ret; i++) {
		ret = crt_check_entry(mnt, "self", &crt_entries[i],
				      task_tgid(current));
		if (!ret)
			ret = crt_check_entry(mnt, "thread-self",
					      &crt_entries[i],
					      task_pid(current));
	}
	return ret;
}
#endif
