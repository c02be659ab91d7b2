// SPDX-License-Identifier: Apache-2.0
/*
 * Descriptions shared by dup() and fork(): one position for all of them. The
 * same file opened once more has a position of its own, in parent and child.
 */
#include "files.h"

#define LENGTH 10000

static int fd, dup_fd, own, inherited_only;
static char *path;

static void child(void *arg)
{
	int mine = must(open(path, O_RDONLY));

	(void)arg;
	must(lseek(mine, 3000, SEEK_SET));
	must(close(own));
	wl_child_ready();
	wl_wait();
	/* The parent moved the shared position to 2000 and opened nothing anew. */
	files_expect_position(fd, 2000);
	files_expect_position(dup_fd, 2000);
	files_expect_position(mine, 3000);
	files_expect_cloexec(dup_fd, true);
	must(lseek(dup_fd, 2500, SEEK_SET));
	must(lseek(inherited_only, 77, SEEK_SET));
	must(fcntl(fd, F_SETFL, O_APPEND));
}

static void build(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	path = wl_path("shared");
	wl_make_file(path, LENGTH, 1);
	fd = must(open(path, O_RDWR));
	dup_fd = must(fcntl(fd, F_DUPFD_CLOEXEC, 20));
	own = must(open(path, O_RDWR));
	inherited_only = must(open(path, O_RDONLY));
	must(lseek(fd, 1000, SEEK_SET));
	must(lseek(own, 4000, SEEK_SET));
	wl_child(child, NULL);
	/* Moved after the fork: seen there only if it is one description. */
	must(lseek(dup_fd, 1500, SEEK_SET));
}

static void check(void)
{
	files_expect_position(fd, 1500);
	files_expect_position(dup_fd, 1500);
	files_expect_position(own, 4000);
	files_expect_cloexec(fd, false);
	files_expect_cloexec(dup_fd, true);
	must(lseek(fd, 2000, SEEK_SET));
	wl_end_children(1);
	files_expect_position(fd, 2500);
	files_expect_position(own, 4000);
	files_expect_position(inherited_only, 77);
	files_expect_flags(dup_fd, O_RDWR | O_APPEND);
	files_expect_flags(own, O_RDWR);
}

static void spoil(void)
{
	/* Same file, same position, but another description. */
	int anew = must(open(path, O_RDWR));

	must(lseek(anew, 1500, SEEK_SET));
	must(dup3(anew, dup_fd, O_CLOEXEC));
	close(anew);
}

const struct workload workload = { build, NULL, check, spoil };
