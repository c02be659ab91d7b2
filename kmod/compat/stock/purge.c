// SPDX-License-Identifier: GPL-2.0
/* Takes cached dentries and inodes of our entries out of all proc mounts. */

#include "crtools.h"
#include "stock.h"

#ifdef CRT_PID_ENTRIES_PROBED
#include <linux/dcache.h>
#include <linux/spinlock.h>

/* Names lead here no more; who holds the inode open by path gets EIO. */
static void crt_purge_inode(struct inode *inode)
{
	struct dentry *dentry;
	bool hashed;

	do {
		dentry = d_find_alias(inode);
		hashed = dentry && !d_unhashed(dentry);
		if (hashed)
			d_invalidate(dentry);
		dput(dentry);
	} while (hashed);
	make_bad_inode(inode);
	crt_proc_inode(inode)->op = NULL;
}

static void crt_purge_super(struct super_block *sb, void *unused)
{
	struct inode *inode, *previous = NULL;

	spin_lock(&sb->s_inode_list_lock);
	list_for_each_entry(inode, &sb->s_inodes, i_sb_list) {
		if (!crt_entry_of(inode))
			continue;
		if (!igrab(inode))	/* being freed already */
			continue;
		/* Its reference keeps this place in the list. */
		spin_unlock(&sb->s_inode_list_lock);
		iput(previous);
		previous = inode;
		crt_purge_inode(inode);
		cond_resched();
		spin_lock(&sb->s_inode_list_lock);
	}
	spin_unlock(&sb->s_inode_list_lock);
	iput(previous);
}

void crt_proc_purge(void)
{
	iterate_supers_type(crt_proc_fs_type, crt_purge_super, NULL);
}
#endif
