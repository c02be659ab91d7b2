// SPDX-License-Identifier: Apache-2.0
/* Memory that the kernel may take away instead of swapping it out (Linux 6.11). */
#include "mem.h"

#ifndef MAP_DROPPABLE
#define MAP_DROPPABLE 0x08
#endif
#define PAGES 4

static char *map, *beside;
static bool there;

/* Whether its line VmFlags in /proc/self/smaps has "dp". */
static bool is_droppable(const char *p)
{
	unsigned long start, end;
	bool here = false, found = false;
	char line[1024];
	FILE *smaps = fopen("/proc/self/smaps", "re");

	expect(smaps, "/proc/self/smaps: %s", strerror(errno));
	while (fgets(line, sizeof(line), smaps)) {
		if (sscanf(line, "%lx-%lx ", &start, &end) == 2)
			here = (unsigned long)p >= start && (unsigned long)p < end;
		else if (here && !strncmp(line, "VmFlags:", 8))
			found = strstr(line, " dp") != NULL;
	}
	fclose(smaps);
	return found;
}

static void build(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	beside = mem_map(PAGE, RW, ANON, -1, 0);
	wl_fill(beside, PAGE, 1);
	map = mmap(NULL, PAGES * PAGE, RW, MAP_DROPPABLE | MAP_ANONYMOUS, -1, 0);
	there = map != MAP_FAILED;
	expect(there || errno == EINVAL, "mmap: %s", strerror(errno));
	if (there)
		wl_fill(map, PAGES * PAGE, 2);
	expect(!there || is_droppable(map), "not droppable");
}

/* Each page is as it was or, as a user of such memory expects, empty. */
static void check(void)
{
	wl_expect_filled(beside, PAGE, 1, "ordinary memory");
	if (!there)
		return;
	expect(is_droppable(map), "not droppable any more");
	for (int i = 0; i < PAGES; i++)
		if (map[i * PAGE])
			wl_expect_filled(map, PAGES * PAGE, 2, "droppable memory");
		else
			wl_expect_zero(map + i * PAGE, PAGE, "dropped page");
	map[0] = 1;
}

static void spoil(void)
{
	beside[0] ^= 1;
}

const struct workload workload = { build, NULL, check, spoil };
