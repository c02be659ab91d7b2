// SPDX-License-Identifier: Apache-2.0
/* Execution domain flags. */
#include "workload.h"

#include <sys/personality.h>

#define WANTED (ADDR_NO_RANDOMIZE | ADDR_COMPAT_LAYOUT | UNAME26)

static void build(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	must(personality(WANTED));
}

static void check(void)
{
	int now = must(personality(0xffffffff));

	expect(now == WANTED, "personality was %#x, is %#x", WANTED, now);
}

static void spoil(void)
{
	must(personality(WANTED & ~UNAME26));
}

const struct workload workload = { build, NULL, check, spoil };
