// SPDX-License-Identifier: Apache-2.0
/*
 * Shares something with a process that is no descendant. A checkpoint holds the
 * one and not the other, and has to refuse. Argument: the kind.
 */
#include "unsupported.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>

static pid_t outsider;
static int reader = -1, writer = -1;
static char *map;

/* Lives as long as the workload does. */
static void hold(pid_t root, int ready)
{
	pid_t pid = getpid();

	wl_write_all(ready, &pid, sizeof(pid));
	close(ready);
	while (!kill(root, 0))
		usleep(20000);
	_exit(0);
}

/* An orphan with the descriptors and shared memory that there are, but for one that it closes. */
static void share_but(int closed)
{
	pid_t root = getpid(), helper;
	int ready[2];

	must(pipe(ready));
	helper = must(fork());
	if (!helper) {
		close(ready[0]);
		close(closed);
		if (!must(fork()))
			hold(root, ready[1]);
		_exit(0);
	}
	must(waitpid(helper, NULL, 0));
	close(ready[1]);
	wl_read_all(ready[0], &outsider, sizeof(outsider));
	close(ready[0]);
}

static void end_outsider(void)
{
	must(kill(outsider, SIGKILL));
	while (!kill(outsider, 0))
		usleep(1000);
}

static void make_pipe(void)
{
	int ends[2];

	must(pipe(ends));
	reader = ends[0];
	writer = ends[1];
}

static void pipe_reader(void)
{
	make_pipe();
	share_but(writer);
	close(reader);
}

static void check_writer(void)
{
	wl_write_all(writer, "ping", 4);
}

static void pipe_writer(void)
{
	make_pipe();
	share_but(reader);
	close(writer);
}

static void check_reader(void)
{
	char byte;

	must(fcntl(reader, F_SETFL, O_NONBLOCK));
	expect(read(reader, &byte, 1) == -1 && errno == EAGAIN, "nobody writes any more");
}

static void pipe_both(void)
{
	make_pipe();
	share_but(-1);
}

static void check_both(void)
{
	char text[5] = "";

	wl_write_all(writer, "ping", 4);
	wl_read_all(reader, text, 4);
	expect(!strcmp(text, "ping"), "received %s", text);
}

static void fifo(void)
{
	char *path = wl_path("gone");

	must(mkfifo(path, 0600));
	reader = writer = must(open(path, O_RDWR));
	must(unlink(path));
	share_but(-1);
}

static void memfd(void)
{
	reader = writer = must(memfd_create("shared", 0));
	share_but(-1);
}

static void file(void)
{
	char *path = wl_path("gone");

	reader = writer = must(open(path, O_RDWR | O_CREAT, 0600));
	must(unlink(path));
	share_but(-1);
}

static void check_file(void)
{
	char text[5] = "";

	must(pwrite(writer, "ping", 4, 0));
	must(pread(reader, text, 4, 0));
	expect(!strcmp(text, "ping"), "it holds %s", text);
}

static void memory(void)
{
	map = must((char *)mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0));
	strcpy(map, "shared");
	/* A descriptor for damage and flags alone. */
	reader = must(open("/dev/null", O_RDWR));
	share_but(-1);
}

static void check_memory(void)
{
	must(fcntl(reader, F_GETFD));
	expect(!strcmp(map, "shared"), "contents");
}

/* No terminal of ours: it controls nothing of the tree. */
static void tty(void)
{
	int master = must(posix_openpt(O_RDWR | O_NOCTTY));

	must(unlockpt(master));
	reader = writer = must(open(ptsname(master), O_RDWR | O_NOCTTY));
	share_but(-1);
	close(master);
}

static void check_tty(void)
{
	expect(isatty(writer), "no terminal");
	check_writer();
}

const struct kind kinds[] = {
	{ "pipe_reader", pipe_reader, check_writer },
	{ "pipe_writer", pipe_writer, check_reader },
	{ "pipe_both", pipe_both, check_both },
	{ "fifo", fifo, check_both },
	{ "memfd", memfd, check_file },
	{ "file", file, check_file },
	{ "memory", memory, check_memory },
	{ "tty", tty, check_tty },
	{ }
};

static void check(void)
{
	check_kind();
	end_outsider();
}

static void spoil(void)
{
	close(reader);
	close(writer);
}

const struct workload workload = { build, NULL, check, spoil };
