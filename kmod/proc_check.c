// SPDX-License-Identifier: GPL-2.0
/*
 * Checks that the private structures of fs/proc are what proc.h says, before
 * and after the hooks are set. A kernel that differs is refused, not patched.
 */

#include <linux/err.h>
#include <linux/namei.h>
#include <linux/pid.h>
#include <linux/stat.h>
#include <linux/uaccess.h>

#include "crtools.h"
#include "proc.h"

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

static int crt_check_entry(struct vfsmount *mnt, const char *path,
			   bool (*good)(const struct inode *inode))
{
	struct path found;
	int ret;

	ret = vfs_path_lookup(mnt->mnt_root, mnt, path, 0, &found);
	if (ret) {
		pr_err("not loaded: /proc/%s did not appear (%d)\n", path, ret);
		return ret;
	}
	if (!good(d_inode(found.dentry)))
		ret = crt_refuse("an entry made from struct pid_entry");
	path_put(&found);
	return ret;
}

static bool crt_good_dump(const struct inode *inode)
{
	return crt_is_dump(inode) && inode->i_mode == (S_IFREG | 0600) &&
	       crt_proc_inode(inode)->pid == task_pid(current);
}

static bool crt_good_mfd(const struct inode *inode)
{
	return inode->i_op == &crt_mfd_dir_iops &&
	       inode->i_mode == (S_IFDIR | 0500);
}

/* The hooks are set: do lookups find what they should? */
int crt_proc_check_entries(struct vfsmount *mnt)
{
	int ret;

	ret = crt_check_entry(mnt, "thread-self/dump", crt_good_dump);
	if (!ret)
		ret = crt_check_entry(mnt, "self/mfd", crt_good_mfd);
	return ret;
}
