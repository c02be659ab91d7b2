// SPDX-License-Identifier: Apache-2.0
/* Files, a directory and a mapping whose names are hard to carry. */
#include "files.h"

#include <sys/mman.h>

static const char *const names[] = {
	"with space",
	" leading and trailing ",
	"new\nline",
	"\n",
	"tab\tand\\backslash",
	"quote\"and'quote",
	"not \xff\xfe utf-8 \x80",
	"caf\xc3\xa9 \xe6\x97\xa5\xe6\x9c\xac",
	"ends in (deleted)",
	"name (deleted)",
	"\\012",
	"$(reboot);`x`|&*?",
	"-rf",
	"%s%n",
	"{\"json\": 1}",
	"control\x01\x1b[31m",
};

#define NAMES (sizeof(names) / sizeof(names[0]))
#define LENGTH 5000

static int fds[NAMES + 1], unlinked;
static char *paths[NAMES + 1], *maps[NAMES + 1];

static void build(int argc, char **argv)
{
	char longest[256];

	(void)argc;
	(void)argv;
	memset(longest, 'x', 255);
	longest[255] = 0;
	for (size_t i = 0; i <= NAMES; i++) {
		paths[i] = wl_path(i < NAMES ? names[i] : longest);
		wl_make_file(paths[i], LENGTH, i);
		fds[i] = must(open(paths[i], O_RDWR));
		must(lseek(fds[i], i + 1, SEEK_SET));
		maps[i] = must((char *)mmap(NULL, LENGTH, PROT_READ, MAP_SHARED, fds[i], 0));
	}
	wl_make_file(wl_path("gone\nfor \xff good"), LENGTH, 99);
	unlinked = must(open(wl_path("gone\nfor \xff good"), O_RDWR));
	must(unlink(wl_path("gone\nfor \xff good")));
	must(mkdir(wl_path("dir\nwith \xff"), 0700));
	must(chdir(wl_path("dir\nwith \xff")));
}

static void check(void)
{
	char buf[LENGTH];

	for (size_t i = 0; i <= NAMES; i++) {
		files_expect_position(fds[i], i + 1);
		files_expect_name(fds[i], paths[i]);
		must(pread(fds[i], buf, LENGTH, 0));
		wl_expect_filled(buf, LENGTH, i, paths[i]);
		wl_expect_filled(maps[i], LENGTH, i, paths[i]);
	}
	must(pread(unlinked, buf, LENGTH, 0));
	wl_expect_filled(buf, LENGTH, 99, "unlinked file");
	files_expect_link("/proc/self/cwd", wl_path("dir\nwith \xff"));
}

static void spoil(void)
{
	must(dup2(fds[2], fds[3]));
}

const struct workload workload = { build, NULL, check, spoil };
