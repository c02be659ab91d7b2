/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Workloads that hold one thing of a kind that a checkpoint may have to refuse.
 * Each checks that it still works, so that a refused dump has left it alone, and
 * for the day when the kind is supported.
 */
#include "workload.h"

struct kind {
	const char *name;	/* the workload's argument */
	void (*make)(void);
	void (*check)(void);
};

static inline const struct kind *kind_of(const struct kind *kinds, size_t number, int argc, char **argv)
{
	expect(argc == 2, "one argument: the kind");
	for (size_t i = 0; i < number; i++)
		if (!strcmp(argv[1], kinds[i].name))
			return &kinds[i];
	wl_fail("unknown kind %s", argv[1]);
}
