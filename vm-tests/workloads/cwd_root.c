// SPDX-License-Identifier: Apache-2.0
/* Working directory, root directory (of a child, when root) and umask. */
#include "files.h"

static char *dir, *jail;
static bool root;

static void jailed(void *arg)
{
	int fd;

	(void)arg;
	umask(0137);
	if (root) {
		must(chdir("/"));
		must(chroot(jail));
		must(chdir("/inner"));
	} else {
		must(chdir(jail));
		must(chdir("inner"));
	}
	wl_child_ready();
	wl_wait();
	expect(umask(0) == 0137, "umask of the child");
	if (root)
		fd = must(open("/inner/file", O_RDONLY));
	else
		fd = must(open("../inner/file", O_RDONLY));
	close(fd);
	must(access("file", R_OK));
	if (root)
		expect(access("/proc/self", F_OK) == -1, "the child's root is not the folder");
}

static void build(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	root = geteuid() == 0;
	jail = wl_path("jail");
	must(mkdir(jail, 0755));
	must(mkdir(wl_path("jail/inner"), 0755));
	wl_make_file(wl_path("jail/inner/file"), 10, 1);
	wl_child(jailed, NULL);
	dir = wl_path("working directory");
	must(mkdir(dir, 0755));
	must(chdir(dir));
	wl_make_file("here", 10, 1);
	umask(0127);
}

static void check(void)
{
	struct stat st;
	mode_t mask;

	files_expect_link("/proc/self/cwd", dir);
	must(access("here", R_OK));
	close(must(open("made", O_WRONLY | O_CREAT, 0666)));
	must(stat("made", &st));
	mask = umask(0);
	expect(mask == 0127 && (st.st_mode & 0777) == 0640, "umask was 0127, is %#o; a new file has %#o", mask,
	       st.st_mode & 0777);
	must(unlink("made"));
	wl_end_children(1);
}

static void spoil(void)
{
	must(chdir(".."));
}

const struct workload workload = { build, NULL, check, spoil };
