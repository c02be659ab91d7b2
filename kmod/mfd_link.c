// SPDX-License-Identifier: GPL-2.0
/*
 * The links in /proc/PID/mfd/.
 *
 * Reading one gives the path of the mapped file, with " (deleted)" where it
 * has none; opening one opens the file anew, like /proc/PID/fd/N: the flags
 * are the opener's, and the kernel checks them against the mode of the file,
 * its mount and the security module. What it cannot check is the way to the
 * file. A process that has a file mapped need not have a descriptor, could
 * not reach the file by a path, and may have been given no more than a look
 * at it: a read-only System V segment of another user has an inode with mode
 * 0777, which its path hides. In /proc/PID/map_files/ this is why following
 * takes a capability.
 *
 * Here one may follow a link, having attach rights over the process, if this
 * gives no right of writing that was not there before. It is enough that
 *
 *   1. one has the capability that map_files/ wants, or
 *   2. the file is one's own, and no System V segment, or
 *   3. the mode of the file lets one not write anyway, or
 *   4. the file can be opened for writing by its path, which leads to this
 *      very file on this very mount, or
 *   5. the process may write to the file through the mapping (so it was
 *      opened for writing when it was mapped), and the file is no object of
 *      the kernel's own (System V or anonymous shared memory), which those who
 *      map it cannot truncate. Neither can the owner of a System V segment,
 *      which is why it is left out of 2: others may have it attached.
 *
 * where 3 and 5 are for regular files only: opening a device gives more than
 * its bytes. Otherwise EACCES.
 *
 * The mode of the file must let one read, all the same. Who may attach can
 * read the file from the mapping's first page on without a link: mremap()
 * goes past a mapping's end. What is before its start can be had if the file
 * was opened for writing and is shared (remap_file_pages()). So in cases 2 and
 * 3 a link may lead to bytes that one may read, but had no way to.
 */

#include <linux/capability.h>
#include <linux/dcache.h>
#include <linux/err.h>
#include <linux/mm.h>
#include <linux/mmap_lock.h>
#include <linux/mount.h>
#include <linux/namei.h>
#include <linux/path.h>
#include <linux/sched/mm.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include <linux/user_namespace.h>

#include "crtools.h"
#include "proc.h"

struct crt_mfd_target {
	struct path path;	/* with a reference */
	bool writable;		/* through the mapping, at least by mprotect */
};

/* Fills *ret; the caller calls path_put() on its path. */
static int crt_mfd_target(const struct dentry *dentry,
			  struct crt_mfd_target *ret)
{
	const vm_flags_t writable = VM_SHARED | VM_MAYWRITE;
	struct vm_area_struct *vma;
	struct mm_struct *mm;
	unsigned long start;
	int err;

	err = crt_mfd_parse(&dentry->d_name, &start);
	if (err)
		return err;
	mm = crt_proc_get_mm(d_inode(dentry), NULL);
	if (IS_ERR(mm))
		return PTR_ERR(mm) == -ESRCH ? -ENOENT : PTR_ERR(mm);
	err = mmap_read_lock_killable(mm);
	if (err)
		goto out;
	vma = vma_lookup(mm, start);
	if (vma && vma->vm_start == start && vma->vm_file) {
		ret->path = *file_user_path(vma->vm_file);
		path_get(&ret->path);
		ret->writable = (vma->vm_flags & writable) == writable;
	} else {
		err = -ENOENT;
	}
	mmap_read_unlock(mm);
out:
	mmput(mm);
	return err;
}

/* Case 4: does the path lead the caller here? */
static bool crt_mfd_reachable(const struct path *path)
{
	struct path found;
	bool ret = false;
	char *buf, *name;

	buf = kmalloc(PATH_MAX, GFP_KERNEL);
	if (!buf)
		return false;
	name = d_path(path, buf, PATH_MAX);
	/*
	 * d_path() gives no links, so following none loses nothing; it keeps
	 * this lookup from coming back to us.
	 */
	if (!IS_ERR(name) && !kern_path(name, LOOKUP_NO_SYMLINKS, &found)) {
		ret = path_equal(path, &found);
		path_put(&found);
	}
	kfree(buf);
	return ret;
}

/* Of the kernel's own objects the other kind is called "dev/zero". */
static bool crt_is_sysv_segment(const struct dentry *dentry)
{
	return IS_PRIVATE(d_inode(dentry)) &&
	       strcmp(dentry->d_name.name, "dev/zero");
}

static bool crt_mfd_may_follow(const struct crt_mfd_target *target)
{
	const struct path *path = &target->path;
	struct inode *inode = d_inode(path->dentry);

	if (checkpoint_restore_ns_capable(&init_user_ns))
		return true;
	if (inode_owner_or_capable(crt_mnt_idmap(path->mnt), inode) &&
	    !crt_is_sysv_segment(path->dentry))
		return true;
	if (S_ISREG(inode->i_mode)) {
		if (path_permission(path, MAY_WRITE))
			return true;
		if (target->writable && !IS_PRIVATE(inode))
			return true;
	}
	return crt_mfd_reachable(path);
}

int crt_mfd_link_path(struct dentry *dentry, bool follow, struct path *ret)
{
	struct crt_mfd_target target;
	int err;

	err = crt_mfd_target(dentry, &target);
	if (err)
		return err;
	if (follow && !crt_mfd_may_follow(&target)) {
		path_put(&target.path);
		return -EACCES;
	}
	*ret = target.path;
	return 0;
}
