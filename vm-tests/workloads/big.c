// SPDX-License-Identifier: Apache-2.0
/* Much memory, for measuring. Argument: MiB (default 64). */
#include "mem.h"

static size_t size;
static char *area;

static void build(int argc, char **argv)
{
	size = (size_t)wl_arg(argc, argv, 1, 64) << 20;
	area = mem_map(size, RW, ANON, -1, 0);
	wl_fill(area, size, 1);
}

static void check(void)
{
	wl_expect_filled(area, size, 1, "memory");
}

static void spoil(void)
{
	area[size - PAGE] ^= 1;
}

const struct workload workload = { build, NULL, check, spoil };
