// SPDX-License-Identifier: Apache-2.0
/* O_PATH descriptors: of a file, a directory, a symbolic link. */
#include "files.h"

static int file, dir, link_fd;
static char *path;

static void build(int argc, char **argv)
{
	char *symlink_path = wl_path("symlink");

	(void)argc;
	(void)argv;
	path = wl_path("file");
	wl_make_file(path, 100, 1);
	must(symlink("file", symlink_path));
	must(mkdir(wl_path("dir"), 0700));
	file = must(open(path, O_PATH | O_CLOEXEC));
	dir = must(open(wl_path("dir"), O_PATH | O_DIRECTORY));
	link_fd = must(open(symlink_path, O_PATH | O_NOFOLLOW));
}

static void check(void)
{
	char buf[100], target[8] = "";

	files_expect_flags(file, O_PATH);
	expect((must(fcntl(dir, F_GETFL)) & (O_PATH | O_DIRECTORY)) == (O_PATH | O_DIRECTORY), "directory: flags");
	files_expect_cloexec(file, true);
	files_expect_name(file, path);
	expect(read(file, buf, 1) == -1 && errno == EBADF, "an O_PATH file can be read");
	snprintf(buf, sizeof(buf), "/proc/self/fd/%d", file);
	close(must(open(buf, O_RDONLY)));
	must(faccessat(dir, "../file", F_OK, 0));
	must(readlinkat(link_fd, "", target, sizeof(target)));
	expect(!strcmp(target, "file"), "the symbolic link leads to %s", target);
}

static void spoil(void)
{
	int fd = must(open(path, O_RDONLY));

	must(dup3(fd, file, O_CLOEXEC));
}

const struct workload workload = { build, NULL, check, spoil };
