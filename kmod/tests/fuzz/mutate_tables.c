// SPDX-License-Identifier: GPL-2.0
/* Damage to program headers, VMAs, files and counts. */
#include <stdlib.h>

#include "mutate.h"

/*
 * What a path in an image may lead to. Relative ones are given by way of
 * /proc/self/cwd, where the executing program has put them.
 */
static const char *const paths[] = {
	"/proc/self/cwd/image", "/proc/self/cwd/image", "/proc/self/cwd/mapped",
	"/proc/self/cwd/mapped", "/proc/self/cwd/other", "/proc/self/cwd/fifo",
	"/proc/self/cwd/socket", "/proc/self/cwd/loop", "/proc/self/cwd/dangling",
	"/proc/self/cwd/link", "/proc/self/cwd/sparse", "/proc/self/cwd/empty",
	"/proc/self/cwd/byte", "/proc/self/cwd/unreadable",
	"/proc/self/cwd/readonly", "/proc/self/cwd/slow/image", "/proc/self/cwd/slow",
	"/proc/self/cwd", "/proc/self/cwd/", "/proc/self/cwd/missing",
	"/proc/self/mem", "/proc/self/exe", "/proc/self/maps",
	"/proc/self/environ", "/proc/self/pagemap", "/proc/self/fd/3", "/proc/self/fd/5",
	"/proc/self/fd/8", "/proc/self/dump", "/proc/thread-self/dump",
	"/proc/self/mfd", "/proc/self/map_files", "/proc/1/mem", "/proc/1/dump",
	"/proc/kallsyms", "/proc/kmsg", "/proc/cmdline", "/proc/sys/kernel/ostype",
	"/dev/null", "/dev/zero", "/dev/full", "/dev/tty", "/dev/fuse", "/dev/mem",
	"/dev/ptmx", "/dev/shm", "/sys/kernel/notes", "/sys/module/crtools/refcnt",
	"/sys/kernel/mm/transparent_hugepage/enabled", "/bin/su", "/etc/passwd",
	"/etc/shadow", "/", "//", "", "relative", "/nonexistent", "/etc/passwd/x",
};

void mutate_phdr(struct image *image, struct rng *rng)
{
	uint32_t a = rng_below(rng, image->nr_phdrs);
	uint32_t b = rng_below(rng, image->nr_phdrs);
	uint64_t at = sizeof(Elf64_Ehdr) + a * sizeof(Elf64_Phdr);
	uint64_t other = sizeof(Elf64_Ehdr) + b * sizeof(Elf64_Phdr);
	Elf64_Phdr phdr;

	if (!image->nr_phdrs)
		return;
	phdr = get(image, at, Elf64_Phdr);
	switch (rng_below(rng, 6)) {
	case 0:
		put(image, at, Elf64_Phdr, get(image, other, Elf64_Phdr));
		put(image, other, Elf64_Phdr, phdr);
		break;
	case 1:
		put(image, at, Elf64_Phdr, get(image, other, Elf64_Phdr));
		break;
	case 2:		/* data of a size that agrees with itself */
		phdr.p_filesz = phdr.p_memsz =
			mutate_value(image, rng, 8, phdr.p_memsz) & -(uint64_t)CRT_PAGE_SIZE;
		put(image, at, Elf64_Phdr, phdr);
		break;
	case 3:		/* other data, the image's metadata too */
		phdr.p_offset = rng_below(rng, image->size / CRT_PAGE_SIZE) * CRT_PAGE_SIZE;
		put(image, at, Elf64_Phdr, phdr);
		break;
	case 4:
		phdr.p_vaddr += (rng_below(rng, 5) - 2) * CRT_PAGE_SIZE;
		put(image, at, Elf64_Phdr, phdr);
		break;
	default:
		mutate_word(image, rng, at, sizeof(phdr));
		break;
	}
}

/* Makes the base fit its flags, so that it is no contradiction. */
static void vma_rebase(struct crt_vmas *head, struct crt_vma *vma,
		       struct rng *rng)
{
	vma->base = rng_below(rng, 6);
	vma->fd = vma->base == CRT_BASE_FD ? (int)rng_below(rng, 16) : -1;
	switch (vma->base) {
	case CRT_BASE_ANON:
	case CRT_BASE_VDSO:
		vma->flags &= ~CRT_VMA_SHARED;
		break;
	case CRT_BASE_SHMEM:
		vma->flags |= CRT_VMA_SHARED;
		vma->flags &= ~CRT_VMA_GROWSDOWN;
		break;
	default:
		vma->flags ^= rng_one_in(rng, 2) ? CRT_VMA_SHARED : 0;
		vma->flags &= ~CRT_VMA_GROWSDOWN;
		break;
	}
	vma->file = rng_one_in(rng, 3) ? CRT_NO_FILE :
		    (uint32_t)rng_below(rng, head->nr_files);
}

static void vma_move(struct crt_vma *vma, struct rng *rng, uint64_t by)
{
	/* Up or down by pages, gigabytes, or to the end of what there is. */
	switch (rng_below(rng, 4)) {
	case 0:
		vma->start += by * CRT_PAGE_SIZE;
		vma->end += by * CRT_PAGE_SIZE;
		break;
	case 1:
		vma->start = 0x7ffffffff000 - (vma->end - vma->start);
		vma->end = 0x7ffffffff000;
		break;
	case 2:
		vma->end = CRT_PAGE_SIZE + (vma->end - vma->start);
		vma->start = CRT_PAGE_SIZE;
		break;
	default:
		vma->start += by << 30;
		vma->end += by << 30;
		break;
	}
}

void mutate_vma(struct image *image, struct rng *rng)
{
	const struct note *note = image_note(image, CRT_NT_VMAS, 0);
	struct crt_vmas head;
	struct crt_vma vma, other;
	uint64_t at, other_at, tables;

	if (!note || note->size < sizeof(head))
		return;
	head = get(image, note->desc, struct crt_vmas);
	tables = note->desc + sizeof(head);
	if (!head.nr_vmas || tables + head.nr_vmas * sizeof(vma) > image->meta_size)
		return;
	at = tables + rng_below(rng, head.nr_vmas) * sizeof(vma);
	other_at = tables + rng_below(rng, head.nr_vmas) * sizeof(vma);
	vma = get(image, at, struct crt_vma);
	other = get(image, other_at, struct crt_vma);
	switch (rng_below(rng, 14)) {
	case 0:
		put(image, other_at, struct crt_vma, vma);
		vma = other;
		break;
	case 1:
		vma = other;
		break;
	case 2:
		vma.end = other.end;
		break;
	case 3:
		vma.start = mutate_value(image, rng, 8, vma.start);
		break;
	case 4:
		vma.end = mutate_value(image, rng, 8, vma.end);
		break;
	case 5:
		vma.end += rng_below(rng, 1ull << rng_below(rng, 36)) * CRT_PAGE_SIZE;
		break;
	case 6:
		vma.flags ^= 1u << rng_below(rng, 20);
		break;
	case 7:
		vma.flags = rng_next(rng) & 0x7ffff;
		break;
	case 8:
	case 9:
		vma_rebase(&head, &vma, rng);
		break;
	case 10:
		vma.offset = mutate_value(image, rng, 8, vma.offset) &
			     (rng_one_in(rng, 4) ? ~0ull : -(uint64_t)CRT_PAGE_SIZE);
		break;
	case 11:
		vma_move(&vma, rng, rng_below(rng, 5) - 2);
		break;
	case 12:
		vma.flags |= CRT_VMA_LOCKED | CRT_VMA_HUGEPAGE;
		vma.flags ^= rng_next(rng) & (CRT_VMA_READ | CRT_VMA_ACCOUNT | CRT_VMA_NORESERVE);
		break;
	default:
		mutate_word(image, rng, at, sizeof(vma));
		return;
	}
	put(image, at, struct crt_vma, vma);
}

void mutate_file(struct image *image, struct rng *rng)
{
	const struct note *note = image_note(image, CRT_NT_VMAS, 0);
	struct crt_vmas head;
	struct crt_file file;
	uint64_t at, end, part;
	const char *path;

	if (!note || note->size < sizeof(head) + SPARE_STRINGS)
		return;
	head = get(image, note->desc, struct crt_vmas);
	at = note->desc + sizeof(head) + (uint64_t)head.nr_vmas * sizeof(struct crt_vma);
	if (!head.nr_files || head.strings_size < SPARE_STRINGS ||
	    at + (uint64_t)head.nr_files * sizeof(file) > image->meta_size)
		return;
	at += rng_below(rng, head.nr_files) * sizeof(file);
	file = get(image, at, struct crt_file);
	/* The spare part is the table's end; every path gets its own. */
	part = 64 * rng_below(rng, 4);
	end = note->desc + note->size - SPARE_STRINGS;
	switch (rng_below(rng, 8)) {
	case 0:
		mutate_word(image, rng, at, sizeof(file));
		return;
	case 1:
		file.flags ^= 1u << rng_below(rng, 6);
		break;
	case 2:
		file.size = mutate_value(image, rng, 8, file.size);
		break;
	case 3:		/* as long as it may be, and one more */
		file.path_len = CRT_MAX_PATH - rng_below(rng, 3);
		file.path_off = head.strings_size - SPARE_STRINGS;
		memset(image->data + end, '/', file.path_len);
		break;
	default:
		path = paths[rng_below(rng, sizeof(paths) / sizeof(*paths))];
		file.path_off = head.strings_size - SPARE_STRINGS + part;
		file.path_len = strlen(path);
		strcpy((char *)image->data + end + part, path);
		if (!rng_one_in(rng, 3))
			file.flags &= ~(CRT_FILE_CHECK | CRT_FILE_DELETED);
		break;
	}
	put(image, at, struct crt_file, file);
}

void mutate_count(struct image *image, struct rng *rng)
{
	static const struct {
		uint32_t type;
		uint32_t offset;
	} counts[] = {
		{ CRT_NT_HEADER, offsetof(struct crt_header, nr_threads) },
		{ CRT_NT_HEADER, offsetof(struct crt_header, xstate_size) },
		{ CRT_NT_HEADER, offsetof(struct crt_header, meta_size) },
		{ CRT_NT_VMAS, offsetof(struct crt_vmas, nr_vmas) },
		{ CRT_NT_VMAS, offsetof(struct crt_vmas, nr_files) },
		{ CRT_NT_VMAS, offsetof(struct crt_vmas, strings_size) },
		{ CRT_NT_SIGNALS, offsetof(struct crt_signals, nr_pending) },
		{ CRT_NT_THREAD, offsetof(struct crt_thread, nr_pending) },
		{ CRT_NT_TIMERS, offsetof(struct crt_timers, nr_posix) },
		{ CRT_NT_PROGRAM, offsetof(struct crt_program, nr_ops) },
		{ CRT_NT_PROGRAM, offsetof(struct crt_program, nr_slots) },
		{ CRT_NT_PROGRAM, offsetof(struct crt_program, data_size) },
	};
	static const uint32_t caps[] = {
		CRT_MAX_THREADS, CRT_MAX_VMAS, CRT_MAX_STRINGS, CRT_MAX_PENDING,
		CRT_MAX_XSTATE, CRT_MAX_OPS, CRT_MAX_SLOTS, CRT_MAX_PHDRS,
		CRT_MAX_META,
	};
	uint32_t i = rng_below(rng, sizeof(counts) / sizeof(*counts) + 1);
	uint32_t value = caps[rng_below(rng, sizeof(caps) / sizeof(*caps))] +
			 rng_below(rng, 3) - 1;
	const struct note *note;

	if (i == sizeof(counts) / sizeof(*counts)) {
		/* e_phnum; PN_XNUM: the number is in section header 0 */
		put(image, offsetof(Elf64_Ehdr, e_phnum), uint16_t,
		    rng_one_in(rng, 2) ? PN_XNUM : rng_next(rng));
		put(image, offsetof(Elf64_Ehdr, e_shoff), uint64_t,
		    rng_below(rng, image->meta_size));
		return;
	}
	note = mutate_any_note(image, rng, counts[i].type);
	if (!note || note->size < counts[i].offset + 4)
		return;
	if (rng_one_in(rng, 2))
		value = mutate_value(image, rng, 4,
				     get(image, note->desc + counts[i].offset, uint32_t));
	put(image, note->desc + counts[i].offset, uint32_t, value);
}
