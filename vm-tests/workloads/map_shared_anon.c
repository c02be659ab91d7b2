// SPDX-License-Identifier: Apache-2.0
/* Shared anonymous memory of one process: with holes, mapped twice, and inherited by a child born later. */
#include "mem.h"

#include <sys/wait.h>

#define PAGES 16

static char *map, *second;

static void build(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	map = mem_map(PAGES * PAGE, RW, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	wl_fill(map + 2 * PAGE, 3 * PAGE, 1);
	/* Size 0 duplicates a shared mapping: two addresses, one object. */
	second = must((char *)mremap(map, 0, PAGES * PAGE, MREMAP_MAYMOVE));
}

static void check(void)
{
	int status;
	pid_t pid;

	wl_expect_zero(map, 2 * PAGE, "hole");
	wl_expect_filled(map + 2 * PAGE, 3 * PAGE, 1, "shared memory");
	mem_expect_perms(map, "rw-s", "shared memory");
	wl_fill(second + 7 * PAGE, PAGE, 2);
	wl_expect_filled(map + 7 * PAGE, PAGE, 2, "page written through the second mapping");
	pid = must(fork());
	if (!pid) {
		wl_fill(map + 9 * PAGE, PAGE, 3);
		_exit(0);
	}
	must(waitpid(pid, &status, 0));
	wl_expect_filled(second + 9 * PAGE, PAGE, 3, "page written by a child");
	must(madvise(map, PAGES * PAGE, MADV_DONTNEED));
	wl_expect_filled(map + 9 * PAGE, PAGE, 3, "shared memory after MADV_DONTNEED");
}

static void spoil(void)
{
	map[2 * PAGE] ^= 1;
}

const struct workload workload = { build, NULL, check, spoil };
