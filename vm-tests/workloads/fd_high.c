// SPDX-License-Identifier: Apache-2.0
/* Descriptor numbers that are high and far apart. */
#include "files.h"

#include <sys/resource.h>

static const int numbers[] = { 900, 1000, 5, 63, 64, 65, 255, 256 };

#define NUMBERS (sizeof(numbers) / sizeof(numbers[0]))

static void build(int argc, char **argv)
{
	struct rlimit limit;

	(void)argc;
	(void)argv;
	must(getrlimit(RLIMIT_NOFILE, &limit));
	expect(limit.rlim_cur > 1000, "RLIMIT_NOFILE is %d", (int)limit.rlim_cur);
	for (size_t i = 0; i < NUMBERS; i++) {
		char name[32];
		int fd;

		snprintf(name, sizeof(name), "file %d", numbers[i]);
		wl_make_file(wl_path(name), 1000, numbers[i]);
		fd = must(open(wl_path(name), O_RDONLY));
		if (fd != numbers[i]) {
			must(dup2(fd, numbers[i]));
			close(fd);
		}
		must(lseek(numbers[i], 16, SEEK_SET));
	}
}

static void check(void)
{
	int open_count = 0;

	for (size_t i = 0; i < NUMBERS; i++) {
		char buf[1000];

		files_expect_position(numbers[i], 16);
		must(pread(numbers[i], buf, sizeof(buf), 0));
		wl_expect_filled(buf, sizeof(buf), numbers[i], "file at a high number");
	}
	for (int i = 3; i < 1024; i++)
		open_count += fcntl(i, F_GETFD) >= 0;
	expect(open_count >= (int)NUMBERS, "%d descriptors", open_count);
}

static void spoil(void)
{
	must(close(900));
}

const struct workload workload = { build, NULL, check, spoil };
