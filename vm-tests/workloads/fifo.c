// SPDX-License-Identifier: Apache-2.0
/*
 * Named FIFOs: with data and both ends, read-write in one descriptor, with a
 * writer only (and non-blocking reader gone), ends in two processes.
 */
#include "pipes.h"

static int reader, writer, single, to_child;
static char *path, *single_path, *child_path;

static int open_now(const char *name, int flags)
{
	return must(open(name, flags));
}

static void child(void *arg)
{
	int in = open_now(child_path, O_RDONLY | O_NONBLOCK);

	(void)arg;
	must(fcntl(in, F_SETFL, 0));
	close(reader);
	close(writer);
	close(single);
	wl_child_ready();
	wl_wait();
	pipes_expect(in, 500, 3, "data for the child");
	pipes_expect(in, 50, 4, "data sent after the wait");
	expect(must(read(in, &(char){ 0 }, 1)) == 0, "a writer is left somewhere");
}

static void build(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	path = wl_path("fifo with space");
	single_path = wl_path("single");
	child_path = wl_path("to child");
	must(mkfifo(path, 0600));
	must(mkfifo(single_path, 0640));
	must(mkfifo(child_path, 0600));
	reader = open_now(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	writer = open_now(path, O_WRONLY);
	must(fcntl(writer, F_SETPIPE_SZ, 131072));
	pipes_put(writer, 100000, 1);
	single = open_now(single_path, O_RDWR);
	pipes_put(single, 1234, 2);
	wl_child(child, NULL);
	to_child = open_now(child_path, O_WRONLY);
	pipes_put(to_child, 500, 3);
}

static void check(void)
{
	struct stat st, named;
	int late;

	expect(must(fcntl(reader, F_GETFL)) == (O_RDONLY | O_NONBLOCK | 0100000) ||
	       must(fcntl(reader, F_GETFL)) == (O_RDONLY | O_NONBLOCK), "flags of the reading end");
	expect(must(fcntl(reader, F_GETFD)) == FD_CLOEXEC, "close-on-exec");
	expect((must(fcntl(single, F_GETFL)) & O_ACCMODE) == O_RDWR, "flags of the read-write end");
	must(fstat(reader, &st));
	must(stat(path, &named));
	expect(st.st_ino == named.st_ino && st.st_dev == named.st_dev && S_ISFIFO(st.st_mode), "not the FIFO of that name");
	pipes_expect_size(writer, 131072);
	expect(pipes_waiting(reader) == 100000, "%d bytes, expected 100000", pipes_waiting(reader));
	pipes_expect(reader, 100000, 1, "contents");
	expect(pipes_waiting(single) == 1234, "%d bytes, expected 1234", pipes_waiting(single));
	pipes_expect(single, 1234, 2, "contents of the read-write one");
	pipes_expect_works(single, single);
	/* The name still leads to the same pipe. */
	late = open_now(path, O_WRONLY);
	pipes_expect_works(late, reader);
	close(late);
	close(writer);
	expect(must(read(reader, &(char){ 0 }, 1)) == 0, "a writer is left somewhere");
	pipes_put(to_child, 50, 4);
	close(to_child);
	wl_end_children(1);
}

static void spoil(void)
{
	must(read(single, &(char){ 0 }, 1));
}

const struct workload workload = { build, NULL, check, spoil };
