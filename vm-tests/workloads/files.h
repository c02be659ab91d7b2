/* SPDX-License-Identifier: Apache-2.0 */
/* What the file workloads share. */
#ifndef FILES_H
#define FILES_H

#include "workload.h"

#include <fcntl.h>
#include <sys/stat.h>

/* The flags that stay with an open file, as F_GETFL gives them. */
static inline void __attribute__((unused)) files_expect_flags(int fd, int want)
{
	int now = must(fcntl(fd, F_GETFL));

	/* The kernel adds this one by itself. */
	now &= ~0100000;
	expect(now == want, "fd %d: flags were %#o, are %#o", fd, want, now);
}

static inline void __attribute__((unused)) files_expect_cloexec(int fd, bool want)
{
	int now = must(fcntl(fd, F_GETFD));

	expect(now == (want ? FD_CLOEXEC : 0), "fd %d: close-on-exec is %d", fd, now);
}

static inline void __attribute__((unused)) files_expect_position(int fd, off_t want)
{
	off_t now = must(lseek(fd, 0, SEEK_CUR));

	expect(now == want, "fd %d: position was %ld, is %ld", fd, (long)want, (long)now);
}

static inline void __attribute__((unused)) files_expect_link(const char *link, const char *want)
{
	char now[8192];
	ssize_t len = must(readlink(link, now, sizeof(now) - 1));

	now[len] = 0;
	expect(!strcmp(now, want), "%s was %s, is %s", link, want, now);
}

static inline void __attribute__((unused)) files_expect_name(int fd, const char *want)
{
	char link[64];

	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	files_expect_link(link, want);
}

#endif
