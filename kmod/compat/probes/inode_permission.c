// SPDX-License-Identifier: GPL-2.0
// variants: CRT_INODE_PERMISSION_IDMAP CRT_INODE_PERMISSION_USERNS
#include <linux/fs.h>
#include <linux/mount.h>

int probe(struct vfsmount *mnt, struct inode *inode)
{
#ifdef CRT_INODE_PERMISSION_IDMAP
	return inode_permission(mnt_idmap(mnt), inode, MAY_READ);
#else
	return inode_permission(mnt_user_ns(mnt), inode, MAY_READ);
#endif
}
