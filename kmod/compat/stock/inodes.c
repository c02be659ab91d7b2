// SPDX-License-Identifier: GPL-2.0
/* The inodes of entries: what leads from the kernel into the module. */

#include "crtools.h"
#include "stock.h"

#ifdef CRT_PID_ENTRIES_PROBED
#include <linux/dcache.h>
#include <linux/err.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

/* As for all of /proc/PID: modes are not for changing. */
static int crt_setattr(struct mnt_idmap *idmap, struct dentry *dentry,
		       struct iattr *attr)
{
	return -EPERM;
}

static int crt_do_open(struct inode *inode, struct file *file)
{
	const struct file_operations *fop = crt_entry_of(inode)->fop;

	/* The file's: the kernel drops it, after a failure here as well. */
	if (!try_module_get(fop->owner))
		return -ENXIO;
	file->f_op = fop;
	return fop->open ? fop->open(inode, file) : 0;
}

int crt_open(struct inode *inode, struct file *file)
{
	int ret = crt_do_open(inode, file);

	crt_proc_leave();
	return ret;
}

static struct dentry *crt_lookup(struct inode *dir, struct dentry *dentry,
				 unsigned int flags)
{
	struct dentry *ret;

	if (!crt_proc_enter())
		return ERR_PTR(-ENOENT);
	ret = crt_entry_of(dir)->lookup(dir, dentry);
	crt_proc_leave();
	return ret;
}

const struct inode_operations crt_dir_iops = {
	.lookup = crt_lookup,
	.setattr = crt_setattr,
};

static int crt_follow(struct dentry *dentry)
{
	struct path path;
	int ret;

	ret = crt_entry_of(d_inode(dentry))->link_path(dentry, true, &path);
	/* Eats the path. */
	return ret ? ret : crt_call(nd_jump_link)(&path);
}

static const char *crt_get_link(struct dentry *dentry, struct inode *inode,
				struct delayed_call *done)
{
	int ret;

	if (!dentry)		/* in RCU mode: come again */
		return ERR_PTR(-ECHILD);
	if (!crt_proc_enter())
		return ERR_PTR(-ENOENT);
	ret = crt_follow(dentry);
	crt_proc_leave();
	return ERR_PTR(ret);
}

static int crt_do_readlink(struct dentry *dentry, char __user *buffer,
			   int buflen)
{
	struct path path;
	char *buf, *name;
	int ret;

	ret = crt_entry_of(d_inode(dentry))->link_path(dentry, false, &path);
	if (ret)
		return ret;
	ret = -ENOMEM;
	buf = kmalloc(PATH_MAX, GFP_KERNEL);
	if (!buf)
		goto out;
	name = d_path(&path, buf, PATH_MAX);
	if (IS_ERR(name)) {
		ret = PTR_ERR(name);
	} else {
		ret = min_t(int, buflen, strlen(name));
		if (copy_to_user(buffer, name, ret))
			ret = -EFAULT;
	}
	kfree(buf);
out:
	path_put(&path);
	return ret;
}

static int crt_readlink(struct dentry *dentry, char __user *buffer, int buflen)
{
	int ret;

	if (!crt_proc_enter())
		return -ENOENT;
	ret = crt_do_readlink(dentry, buffer, buflen);
	crt_proc_leave();
	return ret;
}

static const struct inode_operations crt_link_iops = {
	.readlink = crt_readlink,
	.get_link = crt_get_link,
	.setattr = crt_setattr,
};

struct dentry *proc_pid_entry_link(const struct inode *dir,
				   struct dentry *dentry,
				   struct task_struct *task, umode_t mode)
{
	struct dentry *ret;
	struct inode *inode;

	inode = crt_call(proc_pid_make_inode)(dentry->d_sb, task,
					      S_IFLNK | mode);
	if (!inode)
		return ERR_PTR(-ENOENT);
	crt_proc_inode(inode)->op = crt_entry_of(dir);
	inode->i_op = &crt_link_iops;
	inode->i_size = 64;
	ret = d_splice_alias(inode, dentry);
	/* Targets come and go unseen: look again the next time. */
	if (!ret)
		d_drop(dentry);
	return ret;
}

struct pid *proc_pid_entry_pid(const struct inode *inode)
{
	return crt_proc_inode(inode)->pid;
}
#endif
