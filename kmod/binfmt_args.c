// SPDX-License-Identifier: GPL-2.0
/*
 * The restorer's mapping: where it lies, and the block that the restorer is
 * handed (see restorer/args.h).
 */

#include <linux/mm.h>
#include <linux/mman.h>
#include <linux/string.h>
#include <linux/uaccess.h>

#include "binfmt.h"

extern const u8 crt_restorer_blob[], crt_restorer_blob_end[];

/* Above everything that is placed at low addresses by tradition. */
#define CRT_LOWEST_BASE		0x100000000ull

/*
 * Puts one piece after the other into the data part. The same calls are made
 * twice: without @write they only find out the size.
 */
struct crt_putter {
	u64 base;
	u64 pos;
	bool write;
	int error;
};

/* Returns the address of @size zero bytes in the process. */
static u64 crt_reserve(struct crt_putter *putter, u64 size, u64 align)
{
	u64 address = ALIGN(putter->base + putter->pos, align);

	putter->pos = address + size - putter->base;
	return address;
}

/* Returns the address at which the @size bytes stand in the process. */
static u64 crt_put(struct crt_putter *putter, const void *data, u64 size,
		   u64 align)
{
	u64 address = crt_reserve(putter, size, align);

	if (putter->write && !putter->error &&
	    copy_to_user((void __user *)address, data, size))
		putter->error = -EFAULT;
	return address;
}

static u64 crt_put_desc(struct crt_putter *putter, const struct crt_desc *desc)
{
	return desc->data ? crt_put(putter, desc->data, desc->size, 8) : 0;
}

static u64 crt_stack_size(u32 thread)
{
	return thread ? CRT_RESTORER_STACK : CRT_RESTORER_MAIN_STACK;
}

static u64 crt_stack_top(const struct crt_layout *layout, u32 thread)
{
	return layout->stacks + CRT_RESTORER_MAIN_STACK +
	       (u64)thread * CRT_RESTORER_STACK;
}

u64 crt_args_main_stack(const struct crt_exec *exec)
{
	return crt_stack_top(&exec->layout, 0);
}

static u64 crt_put_thread(struct crt_putter *putter,
			  const struct crt_layout *layout,
			  const struct crt_image_thread *from, u32 index,
			  u64 to)
{
	struct crt_args_thread thread = {
		.record = crt_put_desc(putter, &from->desc),
		.xstate = crt_put(putter, from->xstate.data, from->xstate.size,
				  64),
		.fs_base = from->regs.fs_base,
		.gs_base = from->regs.gs_base,
		.stack_top = crt_stack_top(layout, index),
	};
	struct crt_putter at = *putter;

	at.pos = to - at.base;
	crt_put(&at, &thread, sizeof(thread), 8);
	putter->error = at.error;
	return to + sizeof(thread);
}

/* Slots of the program, then the thread ids. */
static u64 crt_scratch_size(const struct crt_image *image)
{
	struct crt_program program = {};

	if (image->program_desc.data)
		memcpy(&program, image->program_desc.data, sizeof(program));
	return program.nr_slots * sizeof(u64) +
	       image->header.nr_threads * sizeof(s32);
}

/* Returns the address of argv. */
static u64 crt_put_all(struct crt_putter *putter, const struct crt_exec *exec,
		       int ctl_fd)
{
	const struct crt_image *image = &exec->image;
	u32 i, nr = image->header.nr_threads;
	struct crt_args args = {
		.restorer_base = exec->layout.base,
		.restorer_size = exec->layout.size,
		.ctl_fd = ctl_fd,
		.hdr_flags = image->header.flags,
		.nr_threads = nr,
		.argc = exec->argc,
		.program_size = image->program_desc.size,
		.xfeatures = image->header.xfeatures,
	};
	const char *path = exec->bprm->interp;
	struct crt_putter first = *putter;
	u64 to;

	/* Their contents are known last. */
	putter->pos = ALIGN(sizeof(args), 8);
	args.threads = putter->base + putter->pos;
	putter->pos += (u64)nr * sizeof(struct crt_args_thread);

	args.header = crt_put_desc(putter, &image->header_desc);
	args.mm = crt_put_desc(putter, &image->mm_desc);
	args.vmas = crt_put_desc(putter, &image->vmas_desc);
	args.signals = crt_put_desc(putter, &image->signals_desc);
	args.timers = crt_put_desc(putter, &image->timers_desc);
	args.program = crt_put_desc(putter, &image->program_desc);
	/* The processes of a tree share theirs: the restorer maps it. */
	if (!crt_image_is_tree(image))
		args.scratch = crt_reserve(putter, crt_scratch_size(image), 8);
	args.image_path = crt_put(putter, path, strlen(path) + 1, 1);
	args.argv = crt_put(putter, exec->argv,
			    putter->write ? exec->argv_size :
					    CRT_MAX_ARGV_BYTES, 1);
	for (i = 0, to = args.threads; i < nr; i++)
		to = crt_put_thread(putter, &exec->layout, &image->threads[i],
				    i, to);
	first.error = putter->error;
	crt_put(&first, &args, sizeof(args), 8);
	putter->error = first.error;
	return args.argv;
}

/* The lowest place that nothing of the image needs, a page free around it. */
static u64 crt_find_gap(const struct crt_image *image, u64 size)
{
	const struct crt_mm *mm = &image->mm;
	u64 start = CRT_LOWEST_BASE;
	u32 i;

	size += 2 * PAGE_SIZE;
	for (i = 0; i <= image->nr_vmas; i++) {
		u64 end = i < image->nr_vmas ? image->vmas[i].start :
					       TASK_SIZE_MAX;

		/* The vdso's range may be told by no VMA. */
		if (mm->vdso_base && mm->vdso_base < end &&
		    mm->vdso_base + mm->vdso_size > start) {
			if (mm->vdso_base > start &&
			    mm->vdso_base - start >= size)
				return start + PAGE_SIZE;
			start = max(start, mm->vdso_base + mm->vdso_size);
		}
		if (end > start && end - start >= size)
			return start + PAGE_SIZE;
		if (i < image->nr_vmas)
			start = max(start, image->vmas[i].end);
	}
	return 0;
}

int crt_layout_plan(struct crt_exec *exec)
{
	struct crt_layout *layout = &exec->layout;
	u32 nr = max(exec->image.header.nr_threads, 1u);
	struct crt_putter putter = {};

	layout->text_size = PAGE_ALIGN(crt_restorer_blob_end -
				       crt_restorer_blob);
	/* Addresses do not matter yet, alignments do: pages have them all. */
	crt_put_all(&putter, exec, -1);
	layout->data_size = PAGE_ALIGN(putter.pos);
	layout->size = layout->text_size + layout->data_size +
		       PAGE_ALIGN(crt_stack_size(0) +
				  (u64)(nr - 1) * crt_stack_size(1));
	layout->base = crt_find_gap(&exec->image, layout->size);
	if (!layout->base)
		return -ENOMEM;
	layout->data = layout->base + layout->text_size;
	layout->stacks = layout->data + layout->data_size;
	return 0;
}

/* From where execve put the strings, while they are still there. */
int crt_args_copy_argv(struct crt_exec *exec)
{
	const struct linux_binprm *bprm = exec->bprm;
	u32 size = min_t(u64, bprm->exec - bprm->p, CRT_MAX_ARGV_BYTES);
	u32 want = min_t(u32, bprm->argc, CRT_MAX_ARGV);
	u32 pos = 0;

	if (copy_from_user(exec->argv, (void __user *)bprm->p, size))
		return -EFAULT;
	/* The environment follows. */
	for (exec->argc = 0; exec->argc < want; exec->argc++) {
		u32 len = strnlen(exec->argv + pos, size - pos);

		if (len == size - pos)
			break;
		pos += len + 1;
	}
	exec->argv_size = pos;
	return 0;
}

static int crt_map_anonymous(u64 start, u64 size, unsigned long prot)
{
	unsigned long ret;

	ret = vm_mmap(NULL, start, size, prot,
		      MAP_FIXED | MAP_PRIVATE | MAP_ANONYMOUS, 0);
	return IS_ERR_VALUE(ret) ? (int)ret : 0;
}

int crt_args_write(const struct crt_exec *exec, int ctl_fd, u64 *argv)
{
	const struct crt_layout *layout = &exec->layout;
	struct crt_putter putter = { .base = layout->data, .write = true };
	int err;

	err = crt_map_anonymous(layout->base, layout->text_size,
				PROT_READ | PROT_EXEC);
	if (err)
		return err;
	err = crt_map_poke(layout->base, crt_restorer_blob,
			   crt_restorer_blob_end - crt_restorer_blob);
	if (err)
		return err;
	err = crt_map_anonymous(layout->data, layout->size - layout->text_size,
				PROT_READ | PROT_WRITE);
	if (err)
		return err;
	*argv = crt_put_all(&putter, exec, ctl_fd);
	return putter.error;
}
