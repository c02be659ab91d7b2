// SPDX-License-Identifier: GPL-2.0
/* Opening of our entries. */

#include "crtools.h"
#include "proc.h"

/* Known by its address: inodes of dump carry it where others have a function. */
const char crt_dump_mark;

bool crt_is_dump(const struct inode *inode)
{
	return S_ISREG(inode->i_mode) &&
	       crt_proc_inode(inode)->op == &crt_dump_mark;
}

bool crt_is_ours(const struct inode *inode)
{
	return inode->i_op == &crt_mfd_dir_iops || crt_is_dump(inode);
}

static int crt_do_open(struct inode *inode, struct file *file)
{
	/* The file's: the kernel drops it, after a failure here as well. */
	if (!try_module_get(THIS_MODULE))
		return -ENXIO;
	if (inode->i_op == &crt_mfd_dir_iops) {
		file->f_op = &crt_mfd_dir_fops;
		return 0;
	}
	file->f_op = &crt_dump_fops;
	if (file->f_mode & FMODE_WRITE)
		return -EACCES;
	return crt_dump_open(inode, file);
}

/* Takes the place of the default open. */
int crt_open(struct inode *inode, struct file *file)
{
	int ret = crt_do_open(inode, file);

	crt_proc_leave();
	return ret;
}
