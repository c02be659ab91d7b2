/* SPDX-License-Identifier: GPL-2.0 */
/* Between image_parse.c and what it calls. */
#ifndef CRT_IMAGE_CHECK_H
#define CRT_IMAGE_CHECK_H

#include "image_parse.h"

#define CRT_BAD		(-CRT_ERR_CORRUPT)

/* [start, start + size) lies in [0, end), without wrapping. */
static inline bool crt_within(u64 start, u64 size, u64 end)
{
	return start <= end && size <= end - start;
}

/*
 * Every note of @image was parsed by itself: checks them against each other,
 * and makes its runs out of the program headers @table, image->nr_phdrs of
 * them. The caller frees @image, whatever comes back.
 */
int crt_image_check(struct crt_image *image, const struct elf64_phdr *table,
		    u64 task_size);

#endif
