// SPDX-License-Identifier: GPL-2.0
/* Damage: choosing what, values, and whatever has no table of its own. */
#include "mutate.h"

const char *const mutation_names[NR_MUTATIONS] = {
	[MUTATE_BYTES] = "bytes", [MUTATE_ELF] = "ELF header",
	[MUTATE_PHDR] = "program headers", [MUTATE_NOTE] = "notes",
	[MUTATE_HEADER] = "header", [MUTATE_MM] = "mm, auxv",
	[MUTATE_VMA] = "VMA table", [MUTATE_FILE] = "files, paths",
	[MUTATE_COUNT] = "counts", [MUTATE_THREAD] = "thread records",
	[MUTATE_RESTART] = "restart blocks", [MUTATE_REGISTERS] = "registers",
	[MUTATE_XSTATE] = "xsave areas", [MUTATE_SIGNALS] = "signals",
	[MUTATE_TIMERS] = "timers", [MUTATE_PROGRAM] = "restore programs",
	[MUTATE_DATA] = "page data", [MUTATE_SIZE] = "file size",
};

/* Limits of the address space (4 and 5 levels), signs, page and table sizes. */
static const uint64_t values[] = {
	0, 1, 2, 4, 8, 0x40, 0xff, 0xfff, 0x1000, 0x7fff, 0xffff, 0x10000,
	0x100000, 0x7fffffff, 0x80000000, 0xffffffff, 0x100000000,
	0x7fffffffe000, 0x7ffffffff000, 0x800000000000, 0xfffffffffff000,
	0x7fffffffffffffff, 0x8000000000000000, 0xffff800000000000,
	0xffffffff81000000, 0xffffffffff600000, 0xfffffffffffff000, ~0ull,
};

uint64_t mutate_value(struct image *image, struct rng *rng, uint32_t width,
		      uint64_t old)
{
	const struct note *vmas = image_note(image, CRT_NT_VMAS, 0);
	uint64_t at;

	switch (rng_below(rng, 8)) {
	case 0:
		return old ^ 1ull << rng_below(rng, 8 * width);
	case 1:
		return old + 1;
	case 2:
		return old - 1;
	case 3:
		return old + (rng_one_in(rng, 2) ? CRT_PAGE_SIZE : -(uint64_t)CRT_PAGE_SIZE);
	case 4:
		return rng_next(rng) >> rng_below(rng, 64);
	case 5:
		if (width == 8 && vmas && vmas->size > sizeof(struct crt_vmas) + 48) {
			at = sizeof(struct crt_vmas) + 8 *
			     rng_below(rng, (vmas->size - sizeof(struct crt_vmas)) / 8);
			return get(image, vmas->desc + at, uint64_t);
		}
		/* fall through */
	default:
		return values[rng_below(rng, sizeof(values) / sizeof(*values))];
	}
}

void mutate_word(struct image *image, struct rng *rng, uint64_t at,
		 uint64_t size)
{
	uint32_t width = 1u << (1 + rng_below(rng, 5) * 3 / 5);
	uint64_t old = 0;

	if (rng_one_in(rng, 3))
		width = 8;
	if (size < width)
		return;
	/* Notes are aligned to 4, the fields within to their size. */
	at += rng_below(rng, size / width) * width;
	if (at + width > image->size)
		return;
	memcpy(&old, image->data + at, width);
	old = mutate_value(image, rng, width, old);
	memcpy(image->data + at, &old, width);
}

const struct note *mutate_any_note(struct image *image, struct rng *rng,
				   uint32_t type)
{
	return image_note(image, type,
			  rng_below(rng, image_count(image, type)));
}

static void mutate_desc(struct image *image, struct rng *rng, uint32_t type)
{
	const struct note *note = mutate_any_note(image, rng, type);

	if (note)
		mutate_word(image, rng, note->desc, note->size);
}

static void mutate_bytes(struct image *image, struct rng *rng)
{
	uint64_t end = rng_one_in(rng, 3) ? image->meta_size : image->notes_end;
	uint64_t at = rng_below(rng, end);

	if (rng_one_in(rng, 3))
		image->data[at] ^= 1 << rng_below(rng, 8);
	else if (rng_one_in(rng, 2))
		image->data[at] = rng_next(rng);
	else
		mutate_word(image, rng, 0, end);
}

/* A copy of a whole note behind the last one. */
static void note_append(struct image *image, const struct note *note)
{
	uint64_t size = note->desc - note->start + ((note->size + 3ull) & ~3ull);
	uint64_t at = sizeof(Elf64_Ehdr) + offsetof(Elf64_Phdr, p_filesz);

	if (size > image->meta_size - image->notes_end)
		return;
	memmove(image->data + image->notes_end, image->data + note->start, size);
	image->notes_end += size;
	put(image, at, uint64_t, image->notes_end - image->notes_start);
}

static void mutate_note(struct image *image, struct rng *rng)
{
	const struct note *note = &image->notes[rng_below(rng, image->nr_notes)];
	const struct note *other = &image->notes[rng_below(rng, image->nr_notes)];
	uint32_t size;

	switch (rng_below(rng, 8)) {
	case 0:		/* name, size or type */
		mutate_word(image, rng, note->start, sizeof(Elf64_Nhdr));
		break;
	case 1:
		put(image, note->start + offsetof(Elf64_Nhdr, n_type), uint32_t,
		    other->type);
		break;
	case 2:		/* dropped: of a type nobody knows */
		put(image, note->start + offsetof(Elf64_Nhdr, n_type), uint32_t,
		    0x43525500);
		break;
	case 3:
		note_append(image, note);
		break;
	case 4:		/* both sizes agree with each other, and are wrong */
		size = mutate_value(image, rng, 4, note->size);
		put(image, note->start + offsetof(Elf64_Nhdr, n_descsz),
		    uint32_t, size);
		if (note->size >= 8)
			put(image, note->desc + 4, uint32_t, size);
		break;
	case 5:		/* version, flags, size of crt_note */
		mutate_word(image, rng, note->desc, note->size < 8 ? note->size : 8);
		break;
	case 6:		/* contents of one in the other */
		size = note->size < other->size ? note->size : other->size;
		memmove(image->data + note->desc, image->data + other->desc, size);
		break;
	default:
		if (note->size)
			memset(image->data + note->desc, rng_one_in(rng, 2) ? 0 : 0xff,
			       rng_below(rng, note->size));
		break;
	}
}

static void mutate_data(struct image *image, struct rng *rng)
{
	uint64_t size = image->size - image->meta_size;

	if (size)
		mutate_word(image, rng, image->meta_size, size);
}

static void mutate_size(struct image *image, struct rng *rng, uint64_t *size)
{
	switch (rng_below(rng, 5)) {
	case 0:
		*size = rng_below(rng, image->size);
		break;
	case 1:
		*size = image->meta_size + (rng_below(rng, 3) - 1);
		break;
	case 2:
		*size = rng_below(rng, image->size / CRT_PAGE_SIZE) * CRT_PAGE_SIZE;
		break;
	case 3:		/* a hole as data */
		*size = image->size << rng_below(rng, 12);
		break;
	default:
		*size = image->size - 1 - rng_below(rng, 4096);
		break;
	}
}

void mutate_as(struct image *image, struct rng *rng, enum mutation what,
	       uint64_t *size)
{
	switch (what) {
	case MUTATE_BYTES:
		return mutate_bytes(image, rng);
	case MUTATE_ELF:
		return mutate_word(image, rng, 0, sizeof(Elf64_Ehdr));
	case MUTATE_PHDR:
		return mutate_phdr(image, rng);
	case MUTATE_NOTE:
		return mutate_note(image, rng);
	case MUTATE_HEADER:
		return mutate_word(image, rng, image->header,
				   sizeof(struct crt_header));
	case MUTATE_MM:
		return mutate_desc(image, rng, rng_one_in(rng, 8) ? NT_AUXV : CRT_NT_MM);
	case MUTATE_VMA:
		return mutate_vma(image, rng);
	case MUTATE_FILE:
		return mutate_file(image, rng);
	case MUTATE_COUNT:
		return mutate_count(image, rng);
	case MUTATE_THREAD:
		return mutate_thread(image, rng);
	case MUTATE_RESTART:
		return mutate_restart(image, rng);
	case MUTATE_REGISTERS:
		return mutate_registers(image, rng);
	case MUTATE_XSTATE:
		return mutate_xstate(image, rng);
	case MUTATE_SIGNALS:
		return mutate_desc(image, rng, CRT_NT_SIGNALS);
	case MUTATE_TIMERS:
		return mutate_desc(image, rng, CRT_NT_TIMERS);
	case MUTATE_PROGRAM:
		return mutate_program(image, rng);
	case MUTATE_DATA:
		return mutate_data(image, rng);
	case MUTATE_SIZE:
		return mutate_size(image, rng, size);
	case NR_MUTATIONS:
		return;
	}
}

/* How often each, out of their sum. */
static const uint8_t weights[NR_MUTATIONS] = {
	[MUTATE_BYTES] = 6, [MUTATE_ELF] = 3, [MUTATE_PHDR] = 6,
	[MUTATE_NOTE] = 6, [MUTATE_HEADER] = 5, [MUTATE_MM] = 6,
	[MUTATE_VMA] = 14, [MUTATE_FILE] = 10, [MUTATE_COUNT] = 5,
	[MUTATE_THREAD] = 8, [MUTATE_RESTART] = 7,
	[MUTATE_REGISTERS] = 8, [MUTATE_XSTATE] = 7,
	[MUTATE_SIGNALS] = 4, [MUTATE_TIMERS] = 4,
	[MUTATE_PROGRAM] = 8, [MUTATE_DATA] = 2, [MUTATE_SIZE] = 3,
};

static uint32_t weights_sum(void)
{
	uint32_t sum = 0, i;

	for (i = 0; i < NR_MUTATIONS; i++)
		sum += weights[i];
	return sum;
}

uint64_t mutation_expected(enum mutation what, uint64_t count)
{
	return count * weights[what] / weights_sum();
}

enum mutation mutate(struct image *image, struct rng *rng, uint64_t *ret_size)
{
	uint32_t sum = weights_sum(), i, rounds, pick;
	enum mutation first = NR_MUTATIONS, what;

	*ret_size = image->size;
	rounds = rng_one_in(rng, 3) ? 2 + rng_below(rng, 3) : 1;
	for (i = 0; i < rounds; i++) {
		/* More of the same kind, or of any other. */
		what = first;
		if (first == NR_MUTATIONS || rng_one_in(rng, 2)) {
			pick = rng_below(rng, sum);
			for (what = 0; pick >= weights[what]; what++)
				pick -= weights[what];
		}
		if (!i)
			first = what;
		mutate_as(image, rng, what, ret_size);
	}
	if (!rng_one_in(rng, 25))
		image_repair(image);
	return first;
}
