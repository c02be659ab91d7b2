// SPDX-License-Identifier: GPL-2.0
/*
 * VMAs and their contents. Runs in the new process, whose memory is empty and
 * which nobody else can see yet, after the point of no return.
 *
 * Contents are copied at once. The file is read straight into the pages of the
 * process; those are taken by force, so that read-only and PROT_NONE areas
 * have their final protection from the start. Only areas that were writable
 * once, and so are accounted, get theirs from the restorer.
 */

#include <linux/bvec.h>
#include <linux/file.h>
#include <linux/highmem.h>
#include <linux/mm.h>
#include <linux/mman.h>
#include <linux/shmem_fs.h>
#include <linux/uio.h>

#include "binfmt.h"

/* Pages taken and read at once: 2 MiB, which may be one huge page. */
#define CRT_BATCH	512

struct crt_fill {
	struct page *pages[CRT_BATCH];
	struct bio_vec bvecs[CRT_BATCH];
	u8 *buf;		/* for shared memory, NULL without any */
	u64 buf_size;		/* at most CRT_BATCH pages */
};

int crt_map_prepare(struct crt_exec *exec)
{
	const struct crt_image *image = &exec->image;
	struct crt_fill *fill;
	u32 i;

	fill = kvzalloc(sizeof(*fill), CRT_GFP_LARGE);
	exec->fill = fill;
	if (!fill)
		return -ENOMEM;
	for (i = 0; i < image->nr_runs; i++) {
		const struct crt_run *run = &image->runs[i];

		if (image->vmas[run->vma].base == CRT_BASE_SHMEM)
			fill->buf_size = max(fill->buf_size, run->size);
	}
	if (!fill->buf_size)
		return 0;
	fill->buf_size = min_t(u64, fill->buf_size, CRT_BATCH * PAGE_SIZE);
	fill->buf = kvmalloc(fill->buf_size, CRT_GFP_LARGE);
	return fill->buf ? 0 : -ENOMEM;
}

void crt_map_unprepare(struct crt_exec *exec)
{
	if (exec->fill)
		kvfree(exec->fill->buf);
	kvfree(exec->fill);
	exec->fill = NULL;
}

/* Counted when it is mapped writable; the restorer takes that back. */
bool crt_is_mapped_writable(const struct crt_vma *vma)
{
	return vma->flags & CRT_VMA_WRITE ||
	       (vma->flags & CRT_VMA_ACCOUNT && !(vma->flags & CRT_VMA_SHARED));
}

static int crt_map_vma(const struct crt_vma *vma, struct file *file)
{
	unsigned long flags = MAP_FIXED, prot = 0, ret;
	u64 offset = file ? vma->offset : 0;

	if (vma->flags & CRT_VMA_READ)
		prot |= PROT_READ;
	if (crt_is_mapped_writable(vma))
		prot |= PROT_WRITE;
	if (vma->flags & CRT_VMA_EXEC)
		prot |= PROT_EXEC;
	if (vma->flags & CRT_VMA_SHARED)
		flags |= MAP_SHARED;
	else if (vma->flags & CRT_VMA_DROPPABLE && VM_DROPPABLE)
		flags |= MAP_DROPPABLE;
	else
		flags |= MAP_PRIVATE;
	if (vma->flags & CRT_VMA_GROWSDOWN)
		flags |= MAP_GROWSDOWN;
	if (vma->flags & CRT_VMA_NORESERVE)
		flags |= MAP_NORESERVE;
	if (!file)
		flags |= MAP_ANONYMOUS;
	/* An object of its own begins with the VMA. */
	if (vma->base == CRT_BASE_SHMEM && vma->file == CRT_NO_FILE)
		offset = 0;
	ret = vm_mmap(file, vma->start, vma->end - vma->start, prot, flags,
		      offset);
	return IS_ERR_VALUE(ret) ? (int)ret : 0;
}

static void crt_advise(const struct crt_vma *vma, u32 flag, int advice)
{
	/* EINVAL: a kernel without that feature, nothing to be lost. */
	if (vma->flags & flag)
		crt_call(do_madvise)(current->mm, vma->start,
				     vma->end - vma->start, advice);
}

/* Before there are contents: whether they may be huge pages. */
static void crt_advise_early(const struct crt_vma *vma)
{
	crt_advise(vma, CRT_VMA_HUGEPAGE, MADV_HUGEPAGE);
	crt_advise(vma, CRT_VMA_NOHUGEPAGE, MADV_NOHUGEPAGE);
	crt_advise(vma, CRT_VMA_DONTFORK, MADV_DONTFORK);
	crt_advise(vma, CRT_VMA_DONTDUMP, MADV_DONTDUMP);
	crt_advise(vma, CRT_VMA_WIPEONFORK, MADV_WIPEONFORK);
	crt_advise(vma, CRT_VMA_SEQ_READ, MADV_SEQUENTIAL);
	crt_advise(vma, CRT_VMA_RAND_READ, MADV_RANDOM);
}

static int crt_advise_late(const struct crt_vma *vma)
{
	vm_flags_t locked = VM_LOCKED;
	int err;

	crt_advise(vma, CRT_VMA_MERGEABLE, MADV_MERGEABLE);
	if (!(vma->flags & (CRT_VMA_LOCKED | CRT_VMA_LOCKONFAULT)))
		return 0;
	if (vma->flags & CRT_VMA_LOCKONFAULT)
		locked |= VM_LOCKONFAULT;
	/*
	 * The limits were checked. PROT_NONE, and what lies behind the end of
	 * its file, is locked but cannot be made present.
	 */
	err = crt_call(do_mlock)(vma->start, vma->end - vma->start, locked);
	return err == -EINTR ? err : 0;
}

/* Reads exactly @size bytes; a file that became shorter is an error. */
static int crt_read_iter(struct file *file, struct iov_iter *to, loff_t pos)
{
	while (iov_iter_count(to)) {
		ssize_t ret = vfs_iter_read(file, to, &pos, 0);

		if (ret < 0)
			return ret;
		if (!ret)
			return -EIO;
	}
	return 0;
}

static u32 crt_fill_bvecs(struct crt_fill *fill, long nr)
{
	u32 used = 0;
	long i;

	for (i = 0; i < nr; i++) {
		struct page *page = fill->pages[i];
		struct bio_vec *last = used ? &fill->bvecs[used - 1] : NULL;

		if (last && compound_head(page) == compound_head(last->bv_page) &&
		    page == fill->pages[i - 1] + 1)
			last->bv_len += PAGE_SIZE;
		else
			bvec_set_page(&fill->bvecs[used++], page, PAGE_SIZE, 0);
	}
	return used;
}

/*
 * Takes and reads up to CRT_BATCH pages. Returns bytes, or an error. @dirty:
 * the page tables do not say that the pages were written to.
 */
static ssize_t crt_fill_pages(struct crt_fill *fill, struct file *from,
			      u64 offset, u64 to, u64 size, bool dirty)
{
	struct iov_iter iter;
	long i, nr;
	int err;

	nr = min_t(u64, size >> PAGE_SHIFT, CRT_BATCH);
	nr = get_user_pages_unlocked(to, nr, fill->pages,
				     FOLL_WRITE | FOLL_FORCE);
	if (nr <= 0)
		return nr ? nr : -EFAULT;
	iov_iter_bvec(&iter, ITER_DEST, fill->bvecs, crt_fill_bvecs(fill, nr),
		      nr << PAGE_SHIFT);
	err = crt_read_iter(from, &iter, offset);
	for (i = 0; i < nr; i++) {
		if (dirty)
			set_page_dirty_lock(fill->pages[i]);
		put_page(fill->pages[i]);
	}
	return err ? err : nr << PAGE_SHIFT;
}

/*
 * Shared memory is filled by its file's pages: it may be mapped read-only.
 * Not by write(2), which has limits (RLIMIT_FSIZE) that stores do not have.
 */
static ssize_t crt_fill_object(struct crt_fill *fill, struct file *from,
			       u64 offset, struct file *to, loff_t pos,
			       u64 size)
{
	struct kvec kvec = { .iov_base = fill->buf };
	struct inode *inode = file_inode(to);
	struct iov_iter iter;
	u64 done;
	int err;

	size = min(size, fill->buf_size);
	kvec.iov_len = size;
	iov_iter_kvec(&iter, ITER_DEST, &kvec, 1, size);
	err = crt_read_iter(from, &iter, offset);
	if (err)
		return err;
	/* Nobody else has the object yet. */
	if (pos + size > round_up((u64)i_size_read(inode), PAGE_SIZE))
		i_size_write(inode, pos + size);
	for (done = 0; done < size; done += PAGE_SIZE) {
		struct page *page;

		page = shmem_read_mapping_page(to->f_mapping,
					       (pos + done) >> PAGE_SHIFT);
		if (IS_ERR(page))
			return crt_shmem_error(PTR_ERR(page));
		memcpy_to_page(page, 0, fill->buf + done, PAGE_SIZE);
		set_page_dirty_lock(page);
		put_page(page);
	}
	return size;
}

static int crt_fill_run(const struct crt_exec *exec, const struct crt_run *run)
{
	const struct crt_vma *vma = &exec->image.vmas[run->vma];
	struct file *object = NULL;
	loff_t pos = run->start - vma->start;
	bool dirty = !(vma->flags & CRT_VMA_WRITE);
	u64 done = 0;

	if (vma->base == CRT_BASE_SHMEM) {
		object = exec->vma_files[run->vma];
		if (vma->file != CRT_NO_FILE)
			pos += vma->offset;
	}
	while (done < run->size) {
		u64 offset = run->offset + done, left = run->size - done;
		ssize_t ret;

		ret = object ? crt_fill_object(exec->fill, exec->bprm->file,
					       offset, object, pos + done,
					       left) :
			       crt_fill_pages(exec->fill, exec->bprm->file,
					      offset, run->start + done, left,
					      dirty);
		if (ret < 0)
			return ret;
		done += ret;
		if (fatal_signal_pending(current))
			return -EINTR;
		cond_resched();
	}
	return 0;
}

int crt_map_all(const struct crt_exec *exec)
{
	const struct crt_image *image = &exec->image;
	u32 i;
	int err;

	for (i = 0; i < image->nr_vmas; i++) {
		const struct crt_vma *vma = &image->vmas[i];

		if (vma->base == CRT_BASE_VDSO)
			continue;
		err = crt_map_vma(vma, exec->vma_files[i]);
		if (err)
			return err;
		crt_advise_early(vma);
	}
	for (i = 0; i < image->nr_runs; i++) {
		err = crt_fill_run(exec, &image->runs[i]);
		if (err)
			return err;
	}
	for (i = 0; i < image->nr_vmas; i++) {
		err = crt_advise_late(&image->vmas[i]);
		if (err)
			return err;
	}
	return 0;
}

int crt_map_poke(u64 to, const void *from, size_t size)
{
	if (access_process_vm(current, to, (void *)from, size,
			      FOLL_WRITE | FOLL_FORCE) != size)
		return -EFAULT;
	return 0;
}
