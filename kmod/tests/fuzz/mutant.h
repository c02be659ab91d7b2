/* SPDX-License-Identifier: GPL-2.0 */
/* The mutation with a number. */
#ifndef FUZZ_MUTANT_H
#define FUZZ_MUTANT_H

#include "exec.h"

#define MAX_IMAGES	64
/* How many of a hundred mutations have which surroundings; the others are PLAIN. */
#define RACE_PERCENT	8
#define MEDIUM_PERCENT	6

struct template {
	uint8_t *data;
	uint64_t size;
	struct image image;
};

extern struct template templates[MAX_IMAGES];
extern unsigned int nr_templates;

/* One mutation, in memory. */
struct mutant {
	struct image image;
	uint64_t size;
	enum mutation what;
	enum surroundings around;
	struct rng rng;		/* as it stands for choose_medium() */
};

/* Reads an image and prepares it; ends the program if it is none. */
void template_load(const char *name);

/* Makes number @number of @seed in @buffer of MAX_IMAGE bytes. */
void mutant_make(uint64_t seed, uint64_t number, uint8_t *buffer,
		 struct mutant *ret);
/* Of its bytes, and of its surroundings if they are not plain. Not 0. */
uint64_t mutant_hash(const struct mutant *mutant);

#endif
