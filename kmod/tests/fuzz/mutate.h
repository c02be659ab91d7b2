/* SPDX-License-Identifier: GPL-2.0 */
/* Damage that knows what an image is made of. */
#ifndef FUZZ_MUTATE_H
#define FUZZ_MUTATE_H

#include "image.h"

enum mutation {
	MUTATE_BYTES,		/* bits and bytes anywhere in the metadata */
	MUTATE_ELF,		/* ELF header */
	MUTATE_PHDR,		/* program headers */
	MUTATE_NOTE,		/* heads of notes; notes doubled, moved, dropped */
	MUTATE_HEADER,		/* crt_header */
	MUTATE_MM,		/* crt_mm, NT_AUXV */
	MUTATE_VMA,		/* table of mappings */
	MUTATE_FILE,		/* table of files and their paths */
	MUTATE_COUNT,		/* every count and length there is */
	MUTATE_THREAD,		/* crt_thread, its pending signals */
	MUTATE_RESTART,		/* restart block of crt_thread */
	MUTATE_REGISTERS,	/* NT_PRSTATUS */
	MUTATE_XSTATE,		/* NT_X86_XSTATE, header.xfeatures */
	MUTATE_SIGNALS,		/* crt_signals and its queue */
	MUTATE_TIMERS,		/* crt_timers */
	MUTATE_PROGRAM,		/* restore program */
	MUTATE_DATA,		/* page data */
	MUTATE_SIZE,		/* cut off, or made longer */
	NR_MUTATIONS
};

extern const char *const mutation_names[NR_MUTATIONS];

/*
 * Damages @image, which came from image_prepare(), with what follows from
 * @rng, and makes its checksum right again most times. Its size may only
 * shrink; *ret_size is what the file is to be cut or extended to. Returns what
 * was done first.
 */
enum mutation mutate(struct image *image, struct rng *rng, uint64_t *ret_size);

/* How many of @count are to be expected. */
uint64_t mutation_expected(enum mutation what, uint64_t count);

/* One piece of damage of that kind; nothing if the image has no such part. */
void mutate_as(struct image *image, struct rng *rng, enum mutation what,
	       uint64_t *size);

/* Parts of it, in mutate_tables.c and mutate_threads.c. */
void mutate_phdr(struct image *image, struct rng *rng);
void mutate_vma(struct image *image, struct rng *rng);
void mutate_file(struct image *image, struct rng *rng);
void mutate_count(struct image *image, struct rng *rng);
void mutate_thread(struct image *image, struct rng *rng);
void mutate_restart(struct image *image, struct rng *rng);
void mutate_registers(struct image *image, struct rng *rng);
void mutate_xstate(struct image *image, struct rng *rng);
void mutate_program(struct image *image, struct rng *rng);

/* A value for a field of @width bytes that holds @old. */
uint64_t mutate_value(struct image *image, struct rng *rng, uint32_t width,
		      uint64_t old);
/* Changes one aligned field of the @size bytes at offset @at. */
void mutate_word(struct image *image, struct rng *rng, uint64_t at,
		 uint64_t size);
const struct note *mutate_any_note(struct image *image, struct rng *rng,
				   uint32_t type);

#endif
