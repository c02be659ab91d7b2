/* SPDX-License-Identifier: GPL-2.0 */
/* Checking an image's restore program, for which see crtools_format.h. */
#ifndef CRT_IMAGE_PROGRAM_H
#define CRT_IMAGE_PROGRAM_H

#include "image_parse.h"

/*
 * Every operand lies within its table and every operation is one that the
 * restorer knows; the restorer need not look again. @nr_threads is 0 for a
 * tree image.
 */
int crt_program_check(const struct crt_desc *desc, u32 nr_threads);

#endif
