// SPDX-License-Identifier: Apache-2.0
/* POSIX shared memory in /dev/shm: named, and already unlinked. */
#include "mem.h"

#define PAGES 8

static char name[64];
static char *named, *unlinked, *second;
static int fd;

static void build(int argc, char **argv)
{
	char gone[80];
	int gone_fd;

	(void)argc;
	(void)argv;
	snprintf(name, sizeof(name), "/crtools-workload-%d", getpid());
	fd = must(shm_open(name, O_RDWR | O_CREAT | O_EXCL, 0600));
	must(ftruncate(fd, PAGES * PAGE));
	named = mem_map(PAGES * PAGE, RW, MAP_SHARED, fd, 0);
	wl_fill(named, 4 * PAGE, 1);
	snprintf(gone, sizeof(gone), "%s-gone", name);
	gone_fd = must(shm_open(gone, O_RDWR | O_CREAT | O_EXCL, 0600));
	must(ftruncate(gone_fd, PAGES * PAGE));
	unlinked = mem_map(PAGES * PAGE, RW, MAP_SHARED, gone_fd, 0);
	second = mem_map(PAGES * PAGE, RW, MAP_SHARED, gone_fd, 0);
	wl_fill(unlinked, 5 * PAGE, 2);
	must(shm_unlink(gone));
	close(gone_fd);
}

static void check(void)
{
	int again;
	char *map;

	wl_expect_filled(named, 4 * PAGE, 1, "named shared memory");
	wl_expect_zero(named + 4 * PAGE, 4 * PAGE, "untouched shared memory");
	wl_expect_filled(unlinked, 5 * PAGE, 2, "unlinked shared memory");
	wl_fill(second + 6 * PAGE, PAGE, 3);
	wl_expect_filled(unlinked + 6 * PAGE, PAGE, 3, "page written through the second mapping");
	again = must(shm_open(name, O_RDWR, 0));
	map = mem_map(PAGES * PAGE, RW, MAP_SHARED, again, 0);
	wl_fill(map + 7 * PAGE, PAGE, 4);
	wl_expect_filled(named + 7 * PAGE, PAGE, 4, "page written through the name");
	memset(map + 7 * PAGE, 0, PAGE);
	close(again);
	/* Kept when another copy of this program may still look for it. */
	if (!wl_pids_any)
		shm_unlink(name);
}

static void spoil(void)
{
	named[0] ^= 1;
}

const struct workload workload = { build, NULL, check, spoil };
