// SPDX-License-Identifier: GPL-2.0
/*
 * The content of /proc/PID/dump: open, read, splice and seek.
 *
 * The metadata are made at open and are the first bytes of the file; page
 * data are fetched from the stopped process while they are read. Before bytes
 * are handed out it is made sure that the process has not run since open.
 */

#include <linux/pipe_fs_i.h>
#include <linux/sched/mm.h>
#include <linux/sched/signal.h>
#include <linux/sched/task.h>
#include <linux/slab.h>
#include <linux/splice.h>
#include <linux/uio.h>
#include <linux/vmalloc.h>

#include "crtools.h"
#include "dump.h"

/* Pages that are fetched at once. */
#define CRT_BATCH	32

enum crt_part_kind {
	CRT_PART_META,
	CRT_PART_PAGES,
	CRT_PART_HOLE,
};

/* What a position in the file belongs to, and up to where. */
struct crt_part {
	enum crt_part_kind kind;
	loff_t end;
	const struct elf64_phdr *load;
};

static struct crt_part crt_find_part(const struct crt_dump *dump, loff_t pos)
{
	struct crt_part part = { .kind = CRT_PART_META };
	u32 low = 0, high = dump->nr_loads;

	if (pos < dump->meta_size) {
		part.end = dump->meta_size;
		return part;
	}
	/* The last one that starts at or before pos. */
	while (low < high) {
		u32 middle = low + (high - low) / 2;

		if (dump->loads[middle].p_offset <= pos)
			low = middle + 1;
		else
			high = middle;
	}
	if (low) {
		part.load = &dump->loads[low - 1];
		part.end = part.load->p_offset + part.load->p_filesz;
		if (pos < part.end) {
			part.kind = CRT_PART_PAGES;
			return part;
		}
	}
	part.kind = CRT_PART_HOLE;
	part.end = low < dump->nr_loads ? dump->loads[low].p_offset :
					  dump->size;
	return part;
}

static unsigned long crt_part_addr(const struct crt_part *part, loff_t pos)
{
	return part->load->p_vaddr + (pos - part->load->p_offset);
}

/* Copies from at most CRT_BATCH pages. Returns bytes, or an error if none. */
static ssize_t crt_read_pages(struct crt_dump *dump,
			      const struct crt_part *part, loff_t pos,
			      size_t size, struct iov_iter *to)
{
	struct page *pages[CRT_BATCH];
	unsigned long addr = crt_part_addr(part, pos);
	size_t offset = offset_in_page(addr);
	ssize_t done = 0;
	long i, nr;

	nr = min_t(u64, CRT_BATCH, DIV_ROUND_UP_ULL(offset + size, PAGE_SIZE));
	nr = crt_dump_fetch(dump, part->load, addr - offset, pages, nr);
	if (nr < 0)
		return nr;
	for (i = 0; i < nr; i++) {
		size_t want = min_t(u64, size - done, PAGE_SIZE - offset);
		size_t copied = copy_page_to_iter(pages[i], offset, want, to);

		done += copied;
		offset = 0;
		if (copied < want)
			break;
	}
	for (i = 0; i < nr; i++)
		put_page(pages[i]);
	return done ?: -EFAULT;
}

static ssize_t crt_read_part(struct crt_dump *dump, loff_t pos,
			     struct iov_iter *to)
{
	struct crt_part part = crt_find_part(dump, pos);
	size_t size = min_t(u64, iov_iter_count(to), part.end - pos);
	size_t done = 0;

	switch (part.kind) {
	case CRT_PART_META:
		done = copy_to_iter(dump->meta + pos, size, to);
		break;
	case CRT_PART_HOLE:
		done = iov_iter_zero(size, to);
		break;
	case CRT_PART_PAGES:
		return crt_read_pages(dump, &part, pos, size, to);
	}
	return done ?: -EFAULT;
}

static ssize_t crt_dump_read_iter(struct kiocb *iocb, struct iov_iter *to)
{
	struct crt_dump *dump = iocb->ki_filp->private_data;
	loff_t pos = iocb->ki_pos;
	ssize_t ret = 0;
	int error;

	if (pos < 0)
		return -EINVAL;
	if (!mmget_not_zero(dump->mm))
		return -ESRCH;
	/* Before, too: bytes copied stay copied, whatever is answered. */
	error = crt_live_check(dump);
	while (!error && pos < dump->size && iov_iter_count(to)) {
		ret = crt_read_part(dump, pos, to);
		if (ret < 0)
			break;
		pos += ret;
		if (fatal_signal_pending(current))
			break;
		cond_resched();
	}
	if (!error)
		error = crt_live_check(dump);
	mmput(dump->mm);
	if (error)
		return error;
	if (pos == iocb->ki_pos)
		return ret;
	ret = pos - iocb->ki_pos;
	iocb->ki_pos = pos;
	return ret;
}

static void crt_splice_release(struct splice_pipe_desc *spd, unsigned int i)
{
	put_page(spd->pages[i]);
}

/* One page with bytes that are not the process's. */
static struct page *crt_copy_page(const void *data, size_t offset, size_t size)
{
	struct page *page = alloc_page(GFP_KERNEL_ACCOUNT);

	if (page)
		memcpy(page_address(page) + offset, data, size);
	return page;
}

/*
 * Fills @spd with references of at most @room pages of one part: the pages of
 * the process themselves, so that whoever empties the pipe makes the only
 * copy. Nothing in the pipe may be stolen or merged into.
 */
static ssize_t crt_splice_part(struct crt_dump *dump, loff_t pos, size_t len,
			       struct splice_pipe_desc *spd, int room)
{
	struct crt_part part = crt_find_part(dump, pos);
	size_t size = min_t(u64, len, part.end - pos);
	size_t offset = offset_in_page(pos), done = 0;
	long i, nr;

	nr = min_t(u64, room, DIV_ROUND_UP_ULL(offset + size, PAGE_SIZE));
	if (part.kind == CRT_PART_PAGES) {
		nr = crt_dump_fetch(dump, part.load,
				    crt_part_addr(&part, pos) - offset,
				    spd->pages, nr);
		if (nr < 0)
			return nr;
	}
	for (i = 0; i < nr; i++) {
		size_t part_size = min_t(u64, size - done, PAGE_SIZE - offset);

		if (part.kind == CRT_PART_META) {
			spd->pages[i] = crt_copy_page(dump->meta + pos + done,
						      offset, part_size);
			if (!spd->pages[i])
				break;
		} else if (part.kind == CRT_PART_HOLE) {
			spd->pages[i] = ZERO_PAGE(0);
			get_page(spd->pages[i]);
		}
		spd->partial[i].offset = offset;
		spd->partial[i].len = part_size;
		spd->partial[i].private = 0;
		done += part_size;
		offset = 0;
	}
	spd->nr_pages = i;
	return i ? done : -ENOMEM;
}

static ssize_t crt_dump_splice_read(struct file *file, loff_t *ppos,
				    struct pipe_inode_info *pipe, size_t len,
				    unsigned int flags)
{
	struct crt_dump *dump = file->private_data;
	struct page *pages[PIPE_DEF_BUFFERS];
	struct partial_page partial[PIPE_DEF_BUFFERS];
	struct splice_pipe_desc spd = {
		.pages = pages,
		.partial = partial,
		.nr_pages_max = PIPE_DEF_BUFFERS,
		.ops = &nosteal_pipe_buf_ops,
		.spd_release = crt_splice_release,
	};
	unsigned int used = pipe_occupancy(pipe->head, pipe->tail);
	ssize_t ret = 0;
	int room, error;

	if (*ppos < 0)
		return -EINVAL;
	if (!len)
		return 0;
	room = used < pipe->max_usage ? pipe->max_usage - used : 0;
	room = min(room, PIPE_DEF_BUFFERS);
	if (!room)
		return -EAGAIN;

	if (!mmget_not_zero(dump->mm))
		return -ESRCH;
	if (*ppos < dump->size)
		ret = crt_splice_part(dump, *ppos, len, &spd, room);
	error = crt_live_check(dump);
	mmput(dump->mm);
	if (error) {
		while (spd.nr_pages)
			put_page(pages[--spd.nr_pages]);
		return error;
	}
	if (ret <= 0)
		return ret;

	ret = splice_to_pipe(pipe, &spd);
	if (ret > 0)
		*ppos += ret;
	return ret;
}

/* The next position from @pos on that is (not) in a hole. */
static loff_t crt_seek(const struct crt_dump *dump, loff_t pos, bool hole)
{
	while (pos < dump->size) {
		struct crt_part part = crt_find_part(dump, pos);

		if (hole ? part.kind == CRT_PART_HOLE :
			   part.kind != CRT_PART_HOLE)
			return pos;
		pos = part.end;
		cond_resched();
	}
	return hole ? dump->size : -ENXIO;
}

static loff_t crt_dump_llseek(struct file *file, loff_t offset, int whence)
{
	struct crt_dump *dump = file->private_data;

	if (whence == SEEK_DATA || whence == SEEK_HOLE) {
		if (offset < 0 || offset >= dump->size)
			return -ENXIO;
		offset = crt_seek(dump, offset, whence == SEEK_HOLE);
		if (offset < 0)
			return offset;
		whence = SEEK_SET;
	}
	return generic_file_llseek_size(file, offset, whence, MAX_LFS_FILESIZE,
					dump->size);
}

static void crt_dump_free(struct crt_dump *dump)
{
	if (dump->mm)
		mmdrop(dump->mm);
	if (dump->leader)
		put_task_struct(dump->leader);
	kvfree(dump->meta);
	kfree(dump);
}

static int crt_dump_release(struct inode *inode, struct file *file)
{
	crt_dump_free(file->private_data);
	return 0;
}

/* NULL if the thread is gone by now: its pointers may be stale then. */
static struct task_struct *crt_get_leader(struct task_struct *task)
{
	struct task_struct *leader = NULL;

	rcu_read_lock();
	if (pid_alive(task))
		leader = get_task_struct(task->group_leader);
	rcu_read_unlock();
	return leader;
}

static int crt_dump_make(struct crt_dump *dump, struct mm_struct *mm)
{
	struct crt_dumper *dumper;
	int ret, live;

	/* Its own threads are running: this one. */
	if (mm == current->mm)
		return -EBUSY;
	dumper = kvzalloc(sizeof(*dumper), CRT_GFP_LARGE);
	if (!dumper)
		return -ENOMEM;
	dumper->dump = dump;
	dumper->mm = mm;
	dumper->leader = dump->leader;
	dumper->pid = get_task_pid(dump->leader, PIDTYPE_PID);
	ret = dumper->pid ? crt_live_open(dumper) : -ESRCH;
	if (!ret) {
		ret = crt_dump_build(dumper);
		/*
		 * All of it is of one moment, or nothing. Any other error may
		 * have come of the process's running on, or of its end.
		 */
		live = crt_live_check(dump);
		if (live)
			ret = live == -ESTALE ? -EBUSY : live;
	}
	crt_live_close(dumper);
	put_pid(dumper->pid);
	kvfree(dumper);
	return ret;
}

static int crt_dump_open(struct inode *inode, struct file *file)
{
	struct task_struct *task;
	struct crt_dump *dump;
	struct mm_struct *mm;
	int ret;

	if (file->f_mode & FMODE_WRITE)
		return -EACCES;
	dump = kzalloc(sizeof(*dump), GFP_KERNEL_ACCOUNT);
	if (!dump)
		return -ENOMEM;
	mm = crt_proc_get_mm(inode, &task);
	if (IS_ERR(mm)) {
		ret = PTR_ERR(mm);
		goto out;
	}
	dump->leader = crt_get_leader(task);
	put_task_struct(task);
	mmgrab(mm);
	dump->mm = mm;

	ret = dump->leader ? crt_dump_make(dump, mm) : -ESRCH;
	mmput(mm);
	if (ret)
		goto out;

	i_size_write(inode, dump->size);
	file->private_data = dump;
	return 0;

out:
	crt_dump_free(dump);
	return ret;
}

const struct file_operations crt_dump_fops = {
	.owner = THIS_MODULE,
	.open = crt_dump_open,
	.read_iter = crt_dump_read_iter,
	.splice_read = crt_dump_splice_read,
	.llseek = crt_dump_llseek,
	.release = crt_dump_release,
};
