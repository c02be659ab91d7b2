// SPDX-License-Identifier: Apache-2.0
/* A directory which is half read, and one used for openat(). */
#include "files.h"

#define ENTRIES 300

static int half_read, base;
static char *dir;
static bool seen[ENTRIES];
static int seen_count;
static bool at_end;

struct entry {
	uint64_t inode;
	int64_t offset;
	unsigned short length;
	unsigned char type;
	char name[];
};

static void read_some(size_t size)
{
	char buf[4096] __attribute__((aligned(8)));
	long n = must(syscall(SYS_getdents64, half_read, buf, size));

	at_end = n == 0;
	for (long at = 0; at < n;) {
		struct entry *e = (struct entry *)(buf + at);
		int i;

		if (sscanf(e->name, "entry-%d", &i) == 1) {
			expect(!seen[i], "%s was read twice", e->name);
			seen[i] = true;
			seen_count++;
		}
		at += e->length;
	}
}

static void build(int argc, char **argv)
{
	char name[32];

	(void)argc;
	(void)argv;
	dir = wl_path("directory");
	must(mkdir(dir, 0755));
	base = must(open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC));
	for (int i = 0; i < ENTRIES; i++) {
		snprintf(name, sizeof(name), "entry-%d", i);
		close(must(openat(base, name, O_WRONLY | O_CREAT | O_EXCL, 0600)));
	}
	half_read = must(open(dir, O_RDONLY | O_DIRECTORY));
	for (int i = 0; i < 3; i++)
		read_some(1024);
	expect(seen_count > 10 && seen_count < ENTRIES, "%d entries read at first", seen_count);
}

static void check(void)
{
	files_expect_cloexec(base, true);
	files_expect_cloexec(half_read, false);
	files_expect_name(base, dir);
	files_expect_name(half_read, dir);
	must(faccessat(base, "entry-7", F_OK, 0));
	while (!at_end)
		read_some(4096);
	for (int i = 0; i < ENTRIES; i++)
		expect(seen[i], "entry-%d was never read", i);
}

static void spoil(void)
{
	must(lseek(half_read, 0, SEEK_SET));
}

const struct workload workload = { build, NULL, check, spoil };
