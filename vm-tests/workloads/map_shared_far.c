// SPDX-License-Identifier: Apache-2.0
/* Anonymous shared memory with contents beyond 2 GiB of it; nearly all of it is holes. */
#include "mem.h"

#define SIZE (3ul << 30)
#define FAR (5ul << 29)

static char *map;

static void build(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	map = mem_map(SIZE, RW, MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	wl_fill(map, PAGE, 1);
	wl_fill(map + FAR, 2 * PAGE, 2);
	wl_fill(map + SIZE - PAGE, PAGE, 3);
}

static void check(void)
{
	wl_expect_filled(map, PAGE, 1, "first page");
	wl_expect_filled(map + FAR, 2 * PAGE, 2, "pages beyond 2 GiB");
	wl_expect_filled(map + SIZE - PAGE, PAGE, 3, "last page");
	wl_expect_zero(map + FAR - PAGE, PAGE, "page before");
	wl_expect_zero(map + FAR + 2 * PAGE, PAGE, "page behind");
}

static void spoil(void)
{
	map[FAR] ^= 1;
}

const struct workload workload = { build, NULL, check, spoil };
