// SPDX-License-Identifier: Apache-2.0
/*
 * Children blocked in system calls on pipes: one reads an empty pipe, one
 * writes to a full one and has written half, one polls without end. Their calls
 * must go on and never see EINTR. SIGTERM is blocked in them, as in every child.
 */
#include "pipes.h"

#define MORE 100000
#define CHILDREN 3

static int to_read[2], to_write[2], to_poll[2];
static int size;

static void reading(void *arg)
{
	char buf[100];
	ssize_t n;

	(void)arg;
	close(to_read[1]);
	wl_child_ready();
	n = read(to_read[0], buf, sizeof(buf));
	expect(n == 50, "the blocked read gave %zd: %s", n, strerror(errno));
	wl_expect_filled(buf, 50, 2, "data for the blocked reader");
}

static void writing(void *arg)
{
	char *buf = malloc(MORE);
	ssize_t n;

	(void)arg;
	close(to_write[0]);
	wl_fill(buf, MORE, 3);
	wl_child_ready();
	/* More than fits: part of it is written, then the call blocks. */
	n = write(to_write[1], buf, MORE);
	/* A stop in the middle gives a short count; the rest is for the program to write. */
	while (n > 0 && n < MORE) {
		ssize_t m = write(to_write[1], buf + n, MORE - n);

		expect(m > 0, "write of the rest: %s", strerror(errno));
		n += m;
	}
	expect(n == MORE, "the blocked write gave %zd: %s", n, strerror(errno));
}

static void polling(void *arg)
{
	struct pollfd p = { .fd = to_poll[0], .events = POLLIN };
	int n;

	(void)arg;
	close(to_poll[1]);
	wl_child_ready();
	n = poll(&p, 1, -1);
	expect(n == 1 && p.revents & POLLIN, "poll gave %d: %s", n, strerror(errno));
	pipes_expect(to_poll[0], 9, 4, "data for the one who polls");
}

static void build(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	must(pipe(to_read));
	must(pipe(to_write));
	must(pipe(to_poll));
	size = must(fcntl(to_write[1], F_GETPIPE_SZ));
	pipes_put(to_write[1], size - 20000, 1);
	wl_child(reading, NULL);
	wl_child(writing, NULL);
	wl_child(polling, NULL);
	close(to_read[0]);
	close(to_write[1]);
	close(to_poll[0]);
	/*
	 * Ready is not yet blocked: wait until the writer has filled the pipe. All its
	 * buffers are taken then, though one of them has some room.
	 */
	while (pipes_waiting(to_write[0]) < size - 4096)
		usleep(1000);
	usleep(50000);
}

static void check(void)
{
	pipes_put(to_read[1], 50, 2);
	pipes_put(to_poll[1], 9, 4);
	pipes_expect(to_write[0], size - 20000, 1, "data before the blocked write");
	pipes_expect(to_write[0], MORE, 3, "data of the blocked write");
	wl_end_children(CHILDREN);
	expect(must(read(to_write[0], &(char){ 0 }, 1)) == 0, "more data than written");
}

static void spoil(void)
{
	must(read(to_write[0], &(char){ 0 }, 1));
	pipes_put(to_read[1], 1, 9);
}

const struct workload workload = { build, NULL, check, spoil };
