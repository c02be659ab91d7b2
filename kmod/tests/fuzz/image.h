/* SPDX-License-Identifier: GPL-2.0 */
/* An image in memory, for those who damage it. */
#ifndef FUZZ_IMAGE_H
#define FUZZ_IMAGE_H

#include <linux/elf.h>
#include <linux/types.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* __u64 as linux/types.h has it, not as stdint.h would. */
#ifdef __KERNEL__
#include "crtools_format.h"
#else
#define __KERNEL__
#include "crtools_format.h"
#undef __KERNEL__
#endif

/* Bytes added to the string table, where other paths are put. */
#define SPARE_STRINGS	4608u
/* Bytes behind the last note, where further notes are put. */
#define SPARE_NOTES	8192u
#define MAX_NOTES	512u

struct note {
	uint32_t type;
	bool ours;		/* named CRT_NOTE_NAME */
	uint64_t start;		/* of the note; offsets of the file */
	uint64_t desc;
	uint32_t size;		/* bytes of the desc */
};

struct image {
	uint8_t *data;
	uint64_t size;
	uint64_t meta_size;
	uint64_t notes_start, notes_end;
	uint64_t header;	/* desc of the first note */
	uint32_t nr_phdrs, nr_notes;
	struct note notes[MAX_NOTES];
};

/* Numbers from a seed: splitmix64. */
struct rng {
	uint64_t state;
};

static inline uint64_t rng_next(struct rng *rng)
{
	uint64_t z = rng->state += 0x9e3779b97f4a7c15ull;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ull;
	z = (z ^ z >> 27) * 0x94d049bb133111ebull;
	return z ^ z >> 31;
}

/* 0 to @end - 1; 0 when @end is 0. */
static inline uint64_t rng_below(struct rng *rng, uint64_t end)
{
	return end ? rng_next(rng) % end : 0;
}

static inline bool rng_one_in(struct rng *rng, uint64_t n)
{
	return !rng_below(rng, n);
}

/*
 * Describes @data, which must be an undamaged image with header.meta_size at
 * most @size. False when it is none, or has more notes than MAX_NOTES.
 */
bool image_read(struct image *image, uint8_t *data, uint64_t size);

/*
 * The same image with room for what mutations add, and with a small restore
 * program if it has none: in new memory, to be freed by the caller. NULL when
 * there is none, or no memory.
 */
uint8_t *image_prepare(const struct image *image, uint64_t *ret_size);

/* The note of that type which is number @index of its kind, or NULL. */
const struct note *image_note(const struct image *image, uint32_t type,
			      uint32_t index);
uint32_t image_count(const struct image *image, uint32_t type);

/* CRC-32 of zlib over the metadata, put where it belongs. */
void image_repair(struct image *image);

#define get(image, at, type)						\
	({ type value_; memcpy(&value_, (image)->data + (at), sizeof(value_)); value_; })
#define put(image, at, type, value)					\
	({ type value_ = (value); memcpy((image)->data + (at), &value_, sizeof(value_)); })

#endif
