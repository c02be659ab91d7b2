/* SPDX-License-Identifier: Apache-2.0 */
/* What the pipe workloads share. */
#ifndef PIPES_H
#define PIPES_H

#include "workload.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/stat.h>

/* Bytes waiting in a pipe. */
static inline int __attribute__((unused)) pipes_waiting(int fd)
{
	int n;

	must(ioctl(fd, FIONREAD, &n));
	return n;
}

static inline void __attribute__((unused)) pipes_put(int fd, size_t len, uint64_t seed)
{
	char *buf = malloc(len);

	wl_fill(buf, len, seed);
	wl_write_all(fd, buf, len);
	free(buf);
}

/* Reads len bytes, which must be the next ones that pipes_put() wrote. */
static inline void __attribute__((unused)) pipes_expect(int fd, size_t len, uint64_t seed,
							 const char *what)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	char *buf = malloc(len);

	/* What is lost must fail, not hang. */
	for (size_t at = 0; at < len;) {
		ssize_t n;

		expect(must(poll(&p, 1, 20000)) == 1, "%s: %zu bytes are missing", what, len - at);
		n = must(read(fd, buf + at, len - at));
		expect(n > 0, "%s: the pipe ends %zu bytes early", what, len - at);
		at += n;
	}
	wl_expect_filled(buf, len, seed, what);
	free(buf);
}

static inline bool __attribute__((unused)) pipes_writable(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLOUT };

	return must(poll(&p, 1, 0)) == 1 && (p.revents & POLLOUT);
}

static inline void __attribute__((unused)) pipes_expect_size(int fd, int want)
{
	int now = must(fcntl(fd, F_GETPIPE_SZ));

	expect(now == want, "the pipe's size was %d, is %d", want, now);
}

/* Data goes through from one end to the other, and nothing else is in the way. */
static inline void __attribute__((unused)) pipes_expect_works(int in, int out)
{
	pipes_put(in, 3000, 4242);
	expect(pipes_waiting(out) == 3000, "%d bytes in the pipe, expected 3000", pipes_waiting(out));
	pipes_expect(out, 3000, 4242, "data through the pipe");
}

/* The two descriptors must be ends of one pipe. */
static inline void __attribute__((unused)) pipes_expect_same(int a, int b)
{
	struct stat one, two;

	must(fstat(a, &one));
	must(fstat(b, &two));
	expect(S_ISFIFO(one.st_mode) && one.st_ino == two.st_ino && one.st_dev == two.st_dev,
	       "fds %d and %d are not of one pipe", a, b);
}

#endif
