// SPDX-License-Identifier: Apache-2.0
/*
 * Private memory that a parent and its children still share, copy on write: of a
 * file and anonymous. What one writes, before or after, the others must not see.
 */
#include "mem.h"

#define PAGES 32
#define CHILDREN 3

static char *anon, *file;

static void expect_own(int id, bool after)
{
	for (int i = 0; i < PAGES; i++) {
		uint64_t seed = i;

		/* Page 1 + id is written before the wait, page 10 by all of them after it. */
		if (i == 1 + id || (after && i == 10))
			seed = 1000 * (id + 1) + i;
		wl_expect_filled(anon + i * PAGE, PAGE, seed, "anonymous page");
		wl_expect_filled(file + i * PAGE, PAGE, seed, "page of the file");
	}
}

static void write_own(int id, int page)
{
	wl_fill(anon + page * PAGE, PAGE, 1000 * (id + 1) + page);
	wl_fill(file + page * PAGE, PAGE, 1000 * (id + 1) + page);
}

static void child(void *arg)
{
	int id = (intptr_t)arg;

	write_own(id, 1 + id);
	wl_child_ready();
	wl_wait();
	expect_own(id, false);
	write_own(id, 10);
	expect_own(id, true);
}

static void build(int argc, char **argv)
{
	char *path = wl_path("private");
	int fd = must(open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600));

	(void)argc;
	(void)argv;
	anon = mem_map(PAGES * PAGE, RW, ANON, -1, 0);
	for (int i = 0; i < PAGES; i++)
		wl_fill(anon + i * PAGE, PAGE, i);
	wl_write_all(fd, anon, PAGES * PAGE);
	file = mem_map(PAGES * PAGE, RW, MAP_PRIVATE, fd, 0);
	close(fd);
	for (intptr_t i = 0; i < CHILDREN; i++)
		wl_child(child, (void *)i);
	write_own(CHILDREN, 1 + CHILDREN);
}

static void check(void)
{
	expect_own(CHILDREN, false);
	write_own(CHILDREN, 10);
	wl_end_children(CHILDREN);
	expect_own(CHILDREN, true);
}

static void spoil(void)
{
	file[5 * PAGE] ^= 1;
}

const struct workload workload = { build, NULL, check, spoil };
