// SPDX-License-Identifier: Apache-2.0
/* Private and shared mappings of files that were deleted while mapped. */
#include "mem.h"

#define PAGES 8

static char *private, *shared, *again, *written_private;

static int deleted_file(const char *name, uint64_t seed)
{
	char *path = wl_path(name);
	int fd;

	wl_make_file(path, PAGES * PAGE, seed);
	fd = must(open(path, O_RDWR | O_CLOEXEC));
	must(unlink(path));
	return fd;
}

static void build(int argc, char **argv)
{
	int fd;

	(void)argc;
	(void)argv;
	fd = deleted_file("deleted private", 1);
	private = mem_map(PAGES * PAGE, PROT_READ, MAP_PRIVATE, fd, 0);
	written_private = mem_map(PAGES * PAGE, RW, MAP_PRIVATE, fd, 0);
	wl_fill(written_private + 3 * PAGE, PAGE, 10);
	close(fd);
	fd = deleted_file("deleted shared", 2);
	shared = mem_map(PAGES * PAGE, RW, MAP_SHARED, fd, 0);
	again = mem_map(2 * PAGE, RW, MAP_SHARED, fd, 4 * PAGE);
	close(fd);
	wl_fill(shared + 6 * PAGE, PAGE, 11);
}

static void check(void)
{
	char perms[8], name[256];

	wl_expect_filled(private, PAGES * PAGE, 1, "private mapping");
	wl_expect_filled(written_private, 3 * PAGE, 1, "written private mapping");
	wl_expect_filled(written_private + 3 * PAGE, PAGE, 10, "copied page");
	wl_expect_filled(shared, 6 * PAGE, 2, "shared mapping");
	wl_expect_filled(shared + 6 * PAGE, PAGE, 11, "written page of the shared mapping");
	wl_fill(again, PAGE, 12);
	wl_expect_filled(shared + 4 * PAGE, PAGE, 12, "page written through the other mapping");
	mem_expect_perms(shared, "rw-s", "shared mapping");
	expect(mem_find(shared, perms, name) && strstr(name, " (deleted)"), "the mapping's file is %s", name);
}

static void spoil(void)
{
	shared[6 * PAGE] ^= 1;
}

const struct workload workload = { build, NULL, check, spoil };
