// SPDX-License-Identifier: Apache-2.0
/*
 * What an ordinary user made without a name stays his: he opens his pipe, FIFO
 * and memfd again by their descriptors, as with /dev/stderr.
 */
#include "pipes.h"

#include <grp.h>
#include <sys/mman.h>
#include <sys/prctl.h>

#define USER 1000
#define KINDS 3

static const char *const kinds[KINDS] = { "pipe", "FIFO", "memfd" };
static int reader[KINDS], writer[KINDS];
static struct stat before[KINDS];

static void compare(int i)
{
	struct stat now;

	must(fstat(reader[i], &now));
	expect(now.st_uid == before[i].st_uid && now.st_gid == before[i].st_gid,
	       "%s: owner was %u:%u, is %u:%u", kinds[i], before[i].st_uid, before[i].st_gid, now.st_uid,
	       now.st_gid);
	expect(now.st_mode == before[i].st_mode, "%s: mode was %o, is %o", kinds[i], before[i].st_mode,
	       now.st_mode);
}

static void open_again(int fd, int flags)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	close(must(open(path, flags | O_NONBLOCK | O_CLOEXEC)));
}

static void child(void *arg)
{
	int ends[2];

	(void)arg;
	must(setgroups(0, NULL));
	must(setresgid(USER, USER, USER));
	must(setresuid(USER, USER, USER));
	/* Else the process's own /proc entries belong to root. */
	must(prctl(PR_SET_DUMPABLE, 1));
	must(pipe(ends));
	must(fchmod(ends[0], 0620));
	reader[0] = ends[0];
	writer[0] = ends[1];
	reader[2] = writer[2] = must(memfd_create("own", 0));
	must(fchmod(reader[2], 0600));
	for (int i = 0; i < KINDS; i++)
		must(fstat(reader[i], &before[i]));
	wl_child_ready();
	wl_wait();
	for (int i = 0; i < KINDS; i++) {
		compare(i);
		open_again(reader[i], O_RDONLY);
		open_again(writer[i], O_WRONLY);
	}
	pipes_put(writer[0], 100, 1);
	pipes_expect(reader[0], 100, 1, "the pipe");
}

static void build(int argc, char **argv)
{
	char *path = wl_path("gone");

	(void)argc;
	(void)argv;
	must(mkfifo(path, 0600));
	reader[1] = writer[1] = must(open(path, O_RDWR));
	must(unlink(path));
	must(fchown(reader[1], USER, USER + 1));
	must(fchmod(reader[1], 0640));
	must(fstat(reader[1], &before[1]));
	wl_child(child, NULL);
}

static void check(void)
{
	compare(1);
	wl_end_children(1);
}

static void spoil(void)
{
	must(fchown(reader[1], 0, 0));
}

const struct workload workload = { build, NULL, check, spoil };
