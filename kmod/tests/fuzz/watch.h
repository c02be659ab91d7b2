/* SPDX-License-Identifier: GPL-2.0 */
/* What must be as before when all is over. */
#ifndef FUZZ_WATCH_H
#define FUZZ_WATCH_H

#include <stdbool.h>

struct watch {
	long processes;
	long files;		/* open ones, of the whole machine */
	long references;	/* to the module */
	long slab_kb;
	long vmalloc_kb;
	long available_kb;
	int kmsg;		/* stands behind the last message */
};

/* Lets go what the kernel may let go, then looks; for root. */
void watch_take(struct watch *ret);

/*
 * Prints before and after, and every message of the kernel since. Returns how
 * many of them must not be.
 */
int watch_compare(const struct watch *before, const struct watch *after);

#endif
