// SPDX-License-Identifier: GPL-2.0
/*
 * /proc/PID/mfd/: one link for each mapping of a file, named by the address
 * where it starts. Who may see them is who may attach to the process.
 */

#include <linux/dcache.h>
#include <linux/err.h>
#include <linux/mm.h>
#include <linux/mmap_lock.h>
#include <linux/sched/mm.h>
#include <linux/sched/task.h>
#include <linux/stat.h>

#include "crtools.h"
#include "proc.h"

/*
 * Names are as listed here, "400000", or as /proc/PID/maps has them, with
 * zeros up to eight digits, "00400000". Returns 0 or -ENOENT.
 */
int crt_mfd_parse(const struct qstr *name, unsigned long *ret)
{
	char plain[CRT_MFD_NAME_MAX], padded[CRT_MFD_NAME_MAX];
	char given[CRT_MFD_NAME_MAX];
	unsigned long addr;

	if (!name->len || name->len >= sizeof(given))
		return -ENOENT;
	memcpy(given, name->name, name->len);
	given[name->len] = '\0';
	if (kstrtoul(given, 16, &addr))
		return -ENOENT;
	snprintf(plain, sizeof(plain), "%lx", addr);
	snprintf(padded, sizeof(padded), "%08lx", addr);
	if (strcmp(given, plain) && strcmp(given, padded))
		return -ENOENT;
	*ret = addr;
	return 0;
}

/* Only the bits that say how the file was opened, as in map_files/. */
static umode_t crt_mfd_mode(const struct vm_area_struct *vma)
{
	umode_t mode = 0;

	if (vma->vm_file->f_mode & FMODE_READ)
		mode |= 0400;
	if (vma->vm_file->f_mode & FMODE_WRITE)
		mode |= 0200;
	return mode;
}

/* The mode of the link for the mapping at @start, or an error. */
static int crt_mfd_find(struct mm_struct *mm, unsigned long start)
{
	struct vm_area_struct *vma;
	int ret;

	ret = mmap_read_lock_killable(mm);
	if (ret)
		return ret;
	vma = vma_lookup(mm, start);
	if (vma && vma->vm_start == start && vma->vm_file)
		ret = crt_mfd_mode(vma);
	else
		ret = -ENOENT;
	mmap_read_unlock(mm);
	return ret;
}

struct dentry *crt_mfd_lookup(struct inode *dir, struct dentry *dentry)
{
	struct task_struct *task;
	struct mm_struct *mm;
	struct dentry *ret;
	unsigned long start;
	int mode;

	mode = crt_mfd_parse(&dentry->d_name, &start);
	if (mode)
		return ERR_PTR(mode);
	mm = crt_proc_get_mm(dir, &task);
	if (IS_ERR(mm))
		return ERR_CAST(mm);
	mode = crt_mfd_find(mm, start);
	mmput(mm);
	if (mode < 0)
		ret = ERR_PTR(mode);
	else
		ret = proc_pid_entry_link(dir, dentry, task, mode);
	put_task_struct(task);
	return ret;
}

/* The first mapping of a file at or after *start; false if there is none. */
static bool crt_mfd_next(struct mm_struct *mm, unsigned long *start)
{
	VMA_ITERATOR(vmi, mm, *start);
	struct vm_area_struct *vma;

	for_each_vma(vmi, vma) {
		if (vma->vm_file && vma->vm_start >= *start) {
			*start = vma->vm_start;
			return true;
		}
	}
	return false;
}

/* The position is 2 + the page number of the next mapping to look at. */
static int crt_mfd_list(struct mm_struct *mm, struct dir_context *ctx)
{
	char name[CRT_MFD_NAME_MAX];
	unsigned long start;
	bool found;
	int len, ret;

	for (;;) {
		if (ctx->pos - 2 >= TASK_SIZE_MAX >> PAGE_SHIFT)
			return 0;
		start = (ctx->pos - 2) << PAGE_SHIFT;
		ret = mmap_read_lock_killable(mm);
		if (ret)
			return ret;
		found = crt_mfd_next(mm, &start);
		mmap_read_unlock(mm);
		if (!found)
			return 0;
		/* Not under the lock: emitting may fault on this very mm. */
		ctx->pos = (start >> PAGE_SHIFT) + 2;
		len = snprintf(name, sizeof(name), "%lx", start);
		if (!dir_emit(ctx, name, len, 1, DT_LNK))
			return 0;
		ctx->pos++;
		cond_resched();
	}
}

static int crt_mfd_readdir(struct file *file, struct dir_context *ctx)
{
	struct mm_struct *mm;
	int ret;

	if (!dir_emit_dots(file, ctx))
		return 0;
	mm = crt_proc_get_mm(file_inode(file), NULL);
	if (IS_ERR(mm))		/* without memory, it maps no files */
		return PTR_ERR(mm) == -ESRCH ? 0 : PTR_ERR(mm);
	ret = crt_mfd_list(mm, ctx);
	mmput(mm);
	return ret;
}

static loff_t crt_mfd_llseek(struct file *file, loff_t offset, int whence)
{
	return generic_file_llseek_size(file, offset, whence, MAX_LFS_FILESIZE,
					0);
}

const struct file_operations crt_mfd_dir_fops = {
	.owner = THIS_MODULE,
	.read = generic_read_dir,
	.iterate_shared = crt_mfd_readdir,
	.llseek = crt_mfd_llseek,
};
