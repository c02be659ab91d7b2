// SPDX-License-Identifier: Apache-2.0
/* A file mapped privately: clean pages, copies made on write, the part beyond its end. */
#include "mem.h"

#define PAGES 16
/* The last page of the file is half full. */
#define LENGTH (PAGES * PAGE - PAGE / 2)

static char *map, *readonly, *inner, *path;

static void build(int argc, char **argv)
{
	int fd;

	(void)argc;
	(void)argv;
	path = wl_path("mapped file");
	wl_make_file(path, LENGTH, 1);
	fd = must(open(path, O_RDONLY | O_CLOEXEC));
	/* Two pages more than the file has. */
	map = mem_map((PAGES + 2) * PAGE, RW, MAP_PRIVATE, fd, 0);
	readonly = mem_map(PAGES * PAGE, PROT_READ, MAP_PRIVATE, fd, 0);
	inner = mem_map(2 * PAGE, RW, MAP_PRIVATE, fd, 3 * PAGE);
	close(fd);
	wl_fill(map + 2 * PAGE, PAGE, 50);
	wl_fill(map + 7 * PAGE, 2 * PAGE, 51);
	/* A copy with the file's own bytes is a copy still. */
	*(volatile char *)(map + 10 * PAGE) = map[10 * PAGE];
	wl_fill(inner + PAGE, PAGE, 52);
	/* Behind the end of the file, but in its last page. */
	wl_fill(map + LENGTH, PAGE / 2, 53);
	must(mprotect(map + 2 * PAGE, PAGE, PROT_READ));
}

static void check(void)
{
	char *want = malloc(PAGES * PAGE), name[256], perms[8];

	wl_fill(want, LENGTH, 1);
	expect(!memcmp(readonly, want, LENGTH), "read-only mapping");
	wl_fill(want + 2 * PAGE, PAGE, 50);
	wl_fill(want + 7 * PAGE, 2 * PAGE, 51);
	wl_fill(want + LENGTH, PAGE / 2, 53);
	for (size_t i = 0; i < PAGES; i++)
		expect(!memcmp(map + i * PAGE, want + i * PAGE, PAGE), "page %zu of the mapping", i);
	wl_expect_filled(inner + PAGE, PAGE, 52, "second mapping");
	mem_expect_perms(map + 2 * PAGE, "r--p", "read-only copy");
	mem_expect_perms(map + 3 * PAGE, "rw-p", "writable page");
	expect(!mem_readable(map + (PAGES + 1) * PAGE), "memory beyond the end of the file can be read");
	expect(mem_find(map, perms, name) && !strcmp(name, path), "the mapping's file is %s", name);
	/* Dropping a copy brings the file's bytes back. */
	must(madvise(map + 7 * PAGE, PAGE, MADV_DONTNEED));
	wl_fill(want, LENGTH, 1);
	expect(!memcmp(map + 7 * PAGE, want + 7 * PAGE, PAGE), "page after MADV_DONTNEED");
	/* A private mapping shows writes to the file in pages that it has not copied. */
	int fd = must(open(path, O_RDWR | O_CLOEXEC));

	must(pwrite(fd, "changed", 7, 5 * PAGE));
	expect(!memcmp(readonly + 5 * PAGE, "changed", 7), "a write to the file does not show");
	must(pwrite(fd, want + 5 * PAGE, 7, 5 * PAGE));
	close(fd);
}

static void spoil(void)
{
	map[8 * PAGE] ^= 1;
}

const struct workload workload = { build, NULL, check, spoil };
