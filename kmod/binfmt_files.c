// SPDX-License-Identifier: GPL-2.0
/*
 * The files that an image maps, opened with the rights of execve's caller, as
 * open(2) and mmap(2) would; and new objects for shared anonymous memory.
 */

#include <linux/capability.h>
#include <linux/cred.h>
#include <linux/file.h>
#include <linux/hugetlb.h>
#include <linux/magic.h>
#include <linux/mman.h>
#include <linux/namei.h>
#include <linux/security.h>
#include <linux/shmem_fs.h>

#include "binfmt.h"
#include "dump.h"

/* What the table's files were opened as so far; each may be NULL. */
struct crt_opened {
	struct file *readable;
	struct file *writable;
	struct file *object;	/* new shared memory */
};

static bool crt_vma_needs_write(const struct crt_vma *vma)
{
	return vma->flags & CRT_VMA_SHARED &&
	       vma->flags & (CRT_VMA_WRITE | CRT_VMA_MAYWRITE);
}

/*
 * Opens a regular file that exists. It is known to be one before it is opened,
 * as opening a device or a FIFO may wait or have an effect.
 */
static struct file *crt_open_regular(const char *name, int flags, int mask)
{
	struct path path;
	struct file *file;
	int err;

	err = kern_path(name, LOOKUP_FOLLOW, &path);
	if (err)
		return ERR_PTR(err);
	err = -CRT_ERR_CHANGED;
	if (!d_is_reg(path.dentry))
		goto out;
	err = path_permission(&path, mask | MAY_OPEN);
	if (err)
		goto out;
	file = dentry_open(&path, flags | O_LARGEFILE, current_cred());
	path_put(&path);
	if (IS_ERR(file))
		return file;
	/* At opening a security module may take it for the program itself. */
	err = crt_call(security_file_permission)(file, CRT_LSM_READ);
	if (!err)
		return file;
	fput(file);
	return ERR_PTR(err);
out:
	path_put(&path);
	return ERR_PTR(err);
}

static int crt_check_unchanged(struct file *file, const struct crt_file *record)
{
	u8 id[sizeof(record->build_id)];
	int len;

	if (i_size_read(file_inode(file)) != record->size)
		return -CRT_ERR_CHANGED;
	if (!record->build_id_len)
		return 0;
	/* kernel_read() complains of others in the log. */
	if (!file->f_op->read_iter || file->f_op->read)
		return -CRT_ERR_CHANGED;
	len = crt_build_id(file, id, sizeof(id));
	if (len < 0)
		return len;
	return len == record->build_id_len && !memcmp(id, record->build_id, len) ?
		       0 : -CRT_ERR_CHANGED;
}

static struct file *crt_open_mapped(const struct crt_image *image, u32 index,
				    bool write)
{
	const struct crt_file *record = &image->files[index];
	struct file *file;
	int err;

	file = crt_open_regular(crt_image_path(image, index),
				write ? O_RDWR : O_RDONLY,
				write ? MAY_READ | MAY_WRITE : MAY_READ);
	if (IS_ERR(file))
		return file;
	err = -CRT_ERR_HOST;
	if (!can_mmap_file(file) || file_inode(file)->i_sb->s_magic == HUGETLBFS_MAGIC)
		goto out;
	err = record->flags & CRT_FILE_CHECK ?
		      crt_check_unchanged(file, record) : 0;
	if (err)
		goto out;
	return file;
out:
	fput(file);
	return ERR_PTR(err);
}

/* "/dev/zero (deleted)" becomes "dev/zero": the kernel adds the rest again. */
static char *crt_object_name(const struct crt_image *image, u32 index)
{
	static const char deleted[] = " (deleted)";
	const char *path = crt_image_path(image, index);
	size_t len = image->files[index].path_len;
	size_t suffix = sizeof(deleted) - 1;

	if (len > suffix && !memcmp(path + len - suffix, deleted, suffix))
		len -= suffix;
	if (*path == '/') {
		path++;
		len--;
	}
	return kmemdup_nul(path, len, GFP_KERNEL_ACCOUNT);
}

static struct file *crt_new_memfd(const char *name, u64 size, vm_flags_t flags)
{
	struct file *file;

	file = shmem_file_setup(name, size, legacy_to_vma_flags(flags));
	return IS_ERR(file) ? ERR_PTR(crt_shmem_error(PTR_ERR(file))) : file;
}

/* Anonymous shared memory, which is the kernel's own: no file to open. */
static struct file *crt_new_shmem(const char *name, u64 size, vm_flags_t flags)
{
	struct file *file = crt_new_memfd(name, size, flags);

	if (!IS_ERR(file))
		file_inode(file)->i_flags |= S_PRIVATE;
	return file;
}

static struct file *crt_new_object(const struct crt_image *image,
				   const struct crt_vma *vma)
{
	u64 size = vma->end - vma->start;
	vm_flags_t flags = 0;
	char *name = NULL;
	struct file *file;
	bool of_kernel;
	u32 i;

	if (vma->flags & CRT_VMA_NORESERVE)
		flags = VM_NORESERVE;
	if (vma->file == CRT_NO_FILE)
		return crt_new_shmem("dev/zero", size, flags);

	of_kernel = image->files[vma->file].flags & CRT_FILE_SHMEM;
	if (!of_kernel)
		flags = VM_NORESERVE;
	size = image->files[vma->file].size;
	if (of_kernel)
		for (i = 0; i < image->nr_vmas; i++) {
			const struct crt_vma *other = &image->vmas[i];

			if (other->base == CRT_BASE_SHMEM &&
			    other->file == vma->file)
				size = max(size, other->offset + other->end -
						 other->start);
		}
	name = crt_object_name(image, vma->file);
	if (!name)
		return ERR_PTR(-ENOMEM);
	if (of_kernel)
		file = crt_new_shmem(name, size, flags);
	else
		file = crt_new_memfd(name, size, flags);
	kfree(name);
	return file;
}

/* A reference to what @vma maps, or NULL for anonymous memory. */
static struct file *crt_vma_file(const struct crt_image *image,
				 const struct crt_vma *vma,
				 struct crt_opened *opened)
{
	bool write = crt_vma_needs_write(vma);
	struct file **slot, *file;

	switch (vma->base) {
	case CRT_BASE_SHMEM:
		if (vma->file == CRT_NO_FILE)
			return crt_new_object(image, vma);
		slot = &opened[vma->file].object;
		break;
	case CRT_BASE_FILE:
		slot = write ? &opened[vma->file].writable :
			       &opened[vma->file].readable;
		break;
	case CRT_BASE_FD:
		file = fget(vma->fd);
		return file ? file : ERR_PTR(-EBADF);
	default:
		return NULL;
	}
	if (!*slot) {
		file = vma->base == CRT_BASE_SHMEM ?
			       crt_new_object(image, vma) :
			       crt_open_mapped(image, vma->file, write);
		if (IS_ERR(file))
			return file;
		*slot = file;
	}
	return get_file(*slot);
}

static bool crt_is_noexec(const struct file *file)
{
	const struct path *path = file ? &file->f_path : NULL;

	return path && crt_call(path_noexec)(path);
}

/* What mmap(2) would refuse, and what an inherited descriptor may not be. */
static int crt_check_mapping(const struct crt_vma *vma, struct file *file)
{
	unsigned long prot = 0, flags;
	int err;

	if (vma->base == CRT_BASE_FD) {
		if (!S_ISREG(file_inode(file)->i_mode) ||
		    !can_mmap_file(file) || file_inode(file)->i_sb->s_magic == HUGETLBFS_MAGIC)
			return -CRT_ERR_HOST;
		if (!(file->f_mode & FMODE_READ))
			return -EACCES;
		if (crt_vma_needs_write(vma) && !(file->f_mode & FMODE_WRITE))
			return -EACCES;
	}
	if (vma->flags & CRT_VMA_READ)
		prot |= PROT_READ;
	if (vma->flags & CRT_VMA_WRITE)
		prot |= PROT_WRITE;
	if (vma->flags & CRT_VMA_EXEC)
		prot |= PROT_EXEC;
	if (prot & PROT_EXEC && crt_is_noexec(file))
		return -EPERM;
	if (prot & PROT_EXEC && vma->base == CRT_BASE_FILE) {
		err = crt_call(security_file_permission)(file, CRT_LSM_READ |
							 CRT_LSM_EXEC);
		if (err)
			return err;
	}
	if (crt_vma_needs_write(vma) && IS_APPEND(file_inode(file)))
		return -EACCES;
	/* The largest offset that the file system knows. */
	if ((vma->base == CRT_BASE_FILE || vma->base == CRT_BASE_FD) &&
	    vma->offset + (vma->end - vma->start) >
	    file_inode(file)->i_sb->s_maxbytes)
		return -EOVERFLOW;
	flags = vma->flags & CRT_VMA_SHARED ? MAP_SHARED : MAP_PRIVATE;
	return crt_call(security_mmap_file)(file, prot, flags | MAP_FIXED);
}

/* No page of data lies behind the end of its file. */
static int crt_check_runs(const struct crt_exec *exec)
{
	const struct crt_image *image = &exec->image;
	u32 i;

	for (i = 0; i < image->nr_runs; i++) {
		const struct crt_run *run = &image->runs[i];
		const struct crt_vma *vma = &image->vmas[run->vma];
		u64 end = vma->offset + run->start - vma->start + run->size;
		struct inode *inode;

		if (vma->base != CRT_BASE_FILE && vma->base != CRT_BASE_FD)
			continue;
		inode = file_inode(exec->vma_files[run->vma]);
		if (end > PAGE_ALIGN(i_size_read(inode)))
			return -CRT_ERR_CHANGED;
	}
	return 0;
}

static struct file *crt_open_exe(const struct crt_image *image)
{
	struct file *file;
	u32 index = image->mm.exe;

	/* A tree image has no files at all. */
	if (index >= image->nr_files ||
	    image->files[index].flags & CRT_FILE_DELETED ||
	    *crt_image_path(image, index) != '/')
		return NULL;
	if (!checkpoint_restore_ns_capable(current_user_ns()))
		return NULL;
	/* As prctl(PR_SET_MM_EXE_FILE), which takes a descriptor. */
	file = crt_open_regular(crt_image_path(image, index), O_RDONLY,
				MAY_READ | MAY_EXEC);
	if (IS_ERR(file))
		return NULL;
	if (crt_is_noexec(file)) {
		fput(file);
		return NULL;
	}
	return file;
}

int crt_files_open(struct crt_exec *exec)
{
	const struct crt_image *image = &exec->image;
	struct crt_opened *opened;
	int err = 0;
	u32 i;

	exec->vma_files = crt_table_alloc(image->nr_vmas,
					  sizeof(*exec->vma_files));
	opened = crt_table_alloc(image->nr_files, sizeof(*opened));
	if (!exec->vma_files || !opened) {
		err = -ENOMEM;
		goto out;
	}
	for (i = 0; i < image->nr_vmas && !err; i++) {
		const struct crt_vma *vma = &image->vmas[i];
		struct file *file = crt_vma_file(image, vma, opened);

		if (IS_ERR(file)) {
			err = PTR_ERR(file);
			break;
		}
		exec->vma_files[i] = file;
		if (vma->base != CRT_BASE_VDSO)
			err = crt_check_mapping(vma, file);
		if (fatal_signal_pending(current))
			err = -EINTR;
		cond_resched();
	}
	if (!err)
		err = crt_check_runs(exec);
	if (!err)
		exec->exe = crt_open_exe(image);
out:
	for (i = 0; opened && i < image->nr_files; i++) {
		if (opened[i].readable)
			fput(opened[i].readable);
		if (opened[i].writable)
			fput(opened[i].writable);
		if (opened[i].object)
			fput(opened[i].object);
	}
	crt_table_free(opened);
	return err;
}

void crt_files_close(struct crt_exec *exec)
{
	u32 i;

	for (i = 0; exec->vma_files && i < exec->image.nr_vmas; i++)
		if (exec->vma_files[i])
			fput(exec->vma_files[i]);
	crt_table_free(exec->vma_files);
	exec->vma_files = NULL;
	if (exec->exe)
		fput(exec->exe);
	exec->exe = NULL;
}
