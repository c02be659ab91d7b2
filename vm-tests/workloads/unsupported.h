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

/* Of the program that includes this; the last one is empty. */
extern const struct kind kinds[];

static const struct kind *kind;

static void build(int argc, char **argv)
{
	expect(argc == 2, "one argument: the kind");
	for (kind = kinds; kind->name; kind++)
		if (!strcmp(argv[1], kind->name))
			return kind->make();
	wl_fail("unknown kind %s", argv[1]);
}

static void check_kind(void)
{
	kind->check();
}
