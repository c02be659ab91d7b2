// SPDX-License-Identifier: Apache-2.0
/* A mapping that grows downwards on a touch below it, as a stack does. */
#include "mem.h"

#define PAGES 4
#define ROOM 512

static char *area;

static void build(int argc, char **argv)
{
	char *room;

	(void)argc;
	(void)argv;
	/* Find room that nothing else will take, then use its upper end. */
	room = mem_map((ROOM + PAGES) * PAGE, PROT_NONE, ANON, -1, 0);
	must(munmap(room, (ROOM + PAGES) * PAGE));
	area = must((char *)mmap(room + ROOM * PAGE, PAGES * PAGE, RW, ANON | MAP_GROWSDOWN | MAP_FIXED, -1, 0));
	/* Grow it by two pages already. */
	area -= 2 * PAGE;
	area[PAGE] = 1;
	wl_fill(area, (PAGES + 2) * PAGE, 1);
}

static void check(void)
{
	char perms[8] = "none", name[256];

	wl_expect_filled(area, (PAGES + 2) * PAGE, 1, "grown mapping");
	expect(!mem_find(area - 3 * PAGE, perms, name), "there is a mapping below already");
	for (int i = 1; i <= 3; i++)
		area[-(long)(i * PAGE)] = i;
	expect(mem_find(area - 3 * PAGE, perms, name) && !strcmp(perms, "rw-p"), "the mapping did not grow");
	wl_expect_zero(area - 3 * PAGE + 1, PAGE - 1, "new page");
	wl_expect_filled(area, (PAGES + 2) * PAGE, 1, "mapping after growing");
}

static void spoil(void)
{
	area[PAGE] ^= 1;
}

const struct workload workload = { build, NULL, check, spoil };
