// SPDX-License-Identifier: Apache-2.0
/* A deep stack (argument: frames of 2 KiB), which grows deeper afterwards. */
#include "workload.h"

#define FRAME 2048

static int depth;

static void __attribute__((noinline)) deeper(int level)
{
	unsigned char pattern[FRAME];

	wl_fill(pattern, FRAME, level);
	if (level == depth) {
		wl_ready();
		wl_wait();
		if (getenv("CR_DAMAGE"))
			pattern[FRAME / 2] ^= 1;
	}
	if (level < 2 * depth)
		deeper(level + 1);
	wl_expect_filled(pattern, FRAME, level, "stack frame");
}

static void build(int argc, char **argv)
{
	depth = wl_arg(argc, argv, 1, 600);
}

static void run(void)
{
	deeper(1);
}

static void check(void)
{
	/* run() verified each frame on its way back. */
}

static void spoil(void)
{
	/* run() checks, and spoils its innermost frame itself. */
	_exit(3);
}

const struct workload workload = { build, run, check, spoil };
