// SPDX-License-Identifier: Apache-2.0
/* A file mapped shared, twice: writes reach the file and the other mapping. */
#include "mem.h"

#define PAGES 16

static char *map, *readonly, *path;

static void build(int argc, char **argv)
{
	int fd;

	(void)argc;
	(void)argv;
	path = wl_path("shared file");
	wl_make_file(path, PAGES * PAGE, 1);
	fd = must(open(path, O_RDWR | O_CLOEXEC));
	map = mem_map(PAGES * PAGE, RW, MAP_SHARED, fd, 0);
	close(fd);
	fd = must(open(path, O_RDONLY | O_CLOEXEC));
	readonly = mem_map(4 * PAGE, PROT_READ, MAP_SHARED, fd, 8 * PAGE);
	close(fd);
	wl_fill(map + 9 * PAGE, PAGE, 2);
}

static void check(void)
{
	char page[PAGE];
	int fd = must(open(path, O_RDWR | O_CLOEXEC));

	wl_expect_filled(map, 9 * PAGE, 1, "mapping");
	wl_expect_filled(map + 9 * PAGE, PAGE, 2, "written page");
	wl_expect_filled(readonly + PAGE, PAGE, 2, "written page in the read-only mapping");
	mem_expect_perms(map, "rw-s", "mapping");
	mem_expect_perms(readonly, "r--s", "read-only mapping");
	wl_fill(map + 10 * PAGE, PAGE, 3);
	wl_expect_filled(readonly + 2 * PAGE, PAGE, 3, "page written after the wait");
	must(pread(fd, page, PAGE, 10 * PAGE));
	wl_expect_filled(page, PAGE, 3, "page of the file");
	must(pwrite(fd, "changed", 7, 0));
	expect(!memcmp(map, "changed", 7), "a write to the file does not show");
	/* Several copies of this program may use the file, one after the other. */
	wl_fill(page, PAGE, 1);
	must(pwrite(fd, page, 7, 0));
	close(fd);
	expect(mprotect(readonly, PAGE, RW) == -1 && errno == EACCES, "a read-only shared mapping became writable");
}

static void spoil(void)
{
	map[9 * PAGE + 5] ^= 1;
}

const struct workload workload = { build, NULL, check, spoil };
