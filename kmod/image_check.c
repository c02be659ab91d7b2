// SPDX-License-Identifier: GPL-2.0
/* Whether the parts of an image agree with each other and with the CPU. */

#include "image_check.h"

#define CRT_VMA_KNOWN		0xfffffu	/* all CRT_VMA_* */
#define CRT_OFFSET_MAX		0x7fffffffffffffffull

static int crt_check_thread(const struct crt_image *image,
			    const struct crt_image_thread *thread,
			    u64 task_size)
{
	const struct crt_regs *regs = &thread->regs;

	if (!thread->desc.data ||
	    thread->xstate.size != image->header.xstate_size)
		return CRT_BAD;
	/* __USER_CS and __USER_DS; 32-bit code has another. */
	if (regs->cs != 0x33 || regs->ss != 0x2b)
		return -CRT_ERR_HOST;
	if ((regs->ds && regs->ds != 0x2b) || (regs->es && regs->es != 0x2b) ||
	    regs->fs || regs->gs)
		return -CRT_ERR_HOST;
	if (regs->ip >= task_size || regs->fs_base >= task_size ||
	    regs->gs_base >= task_size)
		return CRT_BAD;
	return 0;
}

static int crt_check_mm(const struct crt_image *image, u64 task_size)
{
	const struct crt_mm *mm = &image->mm;
	const u64 addresses[] = {
		mm->start_code, mm->end_code, mm->start_data, mm->end_data,
		mm->start_brk, mm->brk, mm->start_stack, mm->arg_start,
		mm->arg_end, mm->env_start, mm->env_end,
	};
	u32 i;

	for (i = 0; i < ARRAY_SIZE(addresses); i++)
		if (addresses[i] >= task_size)
			return CRT_BAD;
	if (mm->start_code > mm->end_code || mm->start_data > mm->end_data ||
	    mm->start_brk > mm->brk || mm->arg_start > mm->arg_end ||
	    mm->env_start > mm->env_end)
		return CRT_BAD;
	if (mm->exe != CRT_NO_FILE && mm->exe >= image->nr_files)
		return CRT_BAD;
	if (image->auxv_desc.size % 16 ||
	    image->auxv_desc.size > CRT_MAX_AUXV * 16)
		return CRT_BAD;
	if (!mm->vdso_base)
		return mm->vdso_size || mm->vdso_code ? CRT_BAD : 0;
	if (!IS_ALIGNED(mm->vdso_base | mm->vdso_size | mm->vdso_code,
			CRT_PAGE_SIZE) ||
	    !crt_within(mm->vdso_base, mm->vdso_size, task_size) ||
	    mm->vdso_code < mm->vdso_base ||
	    mm->vdso_code - mm->vdso_base >= mm->vdso_size)
		return CRT_BAD;
	return 0;
}

static int crt_check_file(const struct crt_image *image,
			  const struct crt_file *file)
{
	const char *path = image->strings + file->path_off;

	if (file->build_id_len > sizeof(file->build_id))
		return CRT_BAD;
	if (file->path_len >= CRT_MAX_PATH)
		return -CRT_ERR_TOO_BIG;
	if (!crt_within(file->path_off, (u64)file->path_len + 1,
			image->strings_size))
		return CRT_BAD;
	/* Exactly one NUL, at the end. */
	if (strnlen(path, file->path_len + 1) != file->path_len)
		return CRT_BAD;
	return 0;
}

static int crt_check_vma_base(const struct crt_image *image,
			      const struct crt_vma *vma)
{
	bool shared = vma->flags & CRT_VMA_SHARED;
	const struct crt_mm *mm = &image->mm;
	const struct crt_file *file = NULL;

	if (vma->file != CRT_NO_FILE) {
		if (vma->file >= image->nr_files)
			return CRT_BAD;
		file = &image->files[vma->file];
	}
	if (vma->base != CRT_BASE_FD && vma->fd != -1)
		return CRT_BAD;
	if (vma->flags & CRT_VMA_GROWSDOWN && vma->base != CRT_BASE_ANON)
		return CRT_BAD;
	/* mmap(2) knows it for nothing else. */
	if (vma->flags & CRT_VMA_DROPPABLE &&
	    (vma->base != CRT_BASE_ANON || vma->flags & CRT_VMA_GROWSDOWN))
		return CRT_BAD;
	switch (vma->base) {
	case CRT_BASE_ANON:
		return shared ? CRT_BAD : 0;
	case CRT_BASE_SHMEM:
		return shared ? 0 : CRT_BAD;
	case CRT_BASE_FILE:
		if (!file || file->flags & CRT_FILE_DELETED ||
		    crt_image_path(image, vma->file)[0] != '/')
			return CRT_BAD;
		return 0;
	case CRT_BASE_FD:
		return vma->fd < 0 ? CRT_BAD : 0;
	case CRT_BASE_VDSO:
		if (!mm->vdso_base || vma->start < mm->vdso_base ||
		    !crt_within(vma->start - mm->vdso_base,
				vma->end - vma->start, mm->vdso_size))
			return CRT_BAD;
		return 0;
	default:
		return CRT_BAD;
	}
}

static int crt_check_vma(const struct crt_image *image,
			 const struct crt_vma *vma, u64 last_end,
			 u64 task_size)
{
	const struct crt_mm *mm = &image->mm;
	u64 size = vma->end - vma->start;

	if (!IS_ALIGNED(vma->start | vma->end | vma->offset, CRT_PAGE_SIZE) ||
	    vma->start < last_end || vma->end <= vma->start ||
	    vma->end > task_size || vma->flags & ~CRT_VMA_KNOWN)
		return CRT_BAD;
	if (vma->base != CRT_BASE_ANON &&
	    !crt_within(vma->offset, size, CRT_OFFSET_MAX))
		return CRT_BAD;
	if (vma->base != CRT_BASE_VDSO && mm->vdso_base &&
	    vma->start < mm->vdso_base + mm->vdso_size &&
	    vma->end > mm->vdso_base)
		return CRT_BAD;
	if (!crt_within(vma->name_off, vma->name_len, image->strings_size))
		return CRT_BAD;
	return crt_check_vma_base(image, vma);
}

/* PT_LOADs: ascending, each within one VMA, its data within the file. */
static int crt_check_loads(struct crt_image *image, const struct elf64_phdr *table)
{
	u64 last_end = 0;
	u32 i, vma = 0;

	image->runs = crt_table_alloc(image->nr_phdrs, sizeof(*image->runs));
	if (!image->runs)
		return -ENOMEM;
	for (i = 0; i < image->nr_phdrs; i++) {
		struct crt_run *run = &image->runs[image->nr_runs];
		struct elf64_phdr phdr;

		memcpy(&phdr, &table[i], sizeof(phdr));
		if (phdr.p_type == PT_NOTE && i)
			return CRT_BAD;
		if (phdr.p_type != PT_LOAD)
			continue;
		if (!IS_ALIGNED(phdr.p_vaddr | phdr.p_memsz, CRT_PAGE_SIZE) ||
		    phdr.p_vaddr < last_end ||
		    (phdr.p_filesz && phdr.p_filesz != phdr.p_memsz))
			return CRT_BAD;
		while (vma < image->nr_vmas &&
		       image->vmas[vma].end <= phdr.p_vaddr)
			vma++;
		if (vma == image->nr_vmas ||
		    phdr.p_vaddr < image->vmas[vma].start ||
		    !crt_within(phdr.p_vaddr, phdr.p_memsz,
				image->vmas[vma].end))
			return CRT_BAD;
		last_end = phdr.p_vaddr + phdr.p_memsz;
		if (!phdr.p_filesz)
			continue;
		if (!IS_ALIGNED(phdr.p_offset, CRT_PAGE_SIZE) ||
		    phdr.p_offset < image->header.meta_size ||
		    !crt_within(phdr.p_offset, phdr.p_filesz,
				image->file_size))
			return CRT_BAD;
		if (!crt_vma_takes_data(&image->vmas[vma]))
			continue;
		run->start = phdr.p_vaddr;
		run->size = phdr.p_filesz;
		run->offset = phdr.p_offset;
		run->vma = vma;
		image->nr_runs++;
	}
	return 0;
}

static int crt_check_core(struct crt_image *image, const struct elf64_phdr *table,
			  u64 task_size)
{
	u64 last_end = CRT_PAGE_SIZE;	/* nothing at address 0 */
	u32 i;
	int err;

	if (!image->mm_desc.data || !image->vmas_desc.data ||
	    !image->signals_desc.data)
		return CRT_BAD;
	err = crt_check_mm(image, task_size);
	if (err)
		return err;
	for (i = 0; i < image->header.nr_threads; i++) {
		err = crt_check_thread(image, &image->threads[i], task_size);
		if (err)
			return err;
	}
	for (i = 0; i < image->nr_files; i++) {
		err = crt_check_file(image, &image->files[i]);
		if (err)
			return err;
	}
	for (i = 0; i < image->nr_vmas; i++) {
		err = crt_check_vma(image, &image->vmas[i], last_end,
				    task_size);
		if (err)
			return err;
		last_end = image->vmas[i].end;
	}
	return crt_check_loads(image, table);
}

static int crt_check_tree(const struct crt_image *image)
{
	if (image->mm_desc.data || image->vmas_desc.data ||
	    image->signals_desc.data || image->timers_desc.data ||
	    !image->program_desc.data)
		return CRT_BAD;
	return 0;
}

int crt_image_check(struct crt_image *image, const struct elf64_phdr *table,
		    u64 task_size)
{
	return crt_image_is_tree(image) ?
		       crt_check_tree(image) :
		       crt_check_core(image, table, task_size);
}
