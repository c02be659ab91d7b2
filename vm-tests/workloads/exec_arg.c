// SPDX-License-Identifier: Apache-2.0
/* Arguments, environment, auxiliary vector and exe as the kernel shows them. */
#include "workload.h"

#include <fcntl.h>

struct view {
	const char *path;
	bool link;
	char bytes[65536];
	ssize_t len;
};

static struct view views[] = {
	{ .path = "/proc/self/cmdline" },
	{ .path = "/proc/self/environ" },
	{ .path = "/proc/self/auxv" },
	{ .path = "/proc/self/comm" },
	{ .path = "/proc/self/exe", .link = true },
};

#define VIEWS (sizeof(views) / sizeof(views[0]))

static ssize_t look(const struct view *v, char *to, size_t size)
{
	ssize_t len = 0, n;
	int fd;

	if (v->link)
		return must(readlink(v->path, to, size));
	fd = must(open(v->path, O_RDONLY | O_CLOEXEC));
	while ((n = must(read(fd, to + len, size - len))) > 0)
		len += n;
	close(fd);
	return len;
}

static void build(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	for (size_t i = 0; i < VIEWS; i++)
		views[i].len = look(&views[i], views[i].bytes, sizeof(views[i].bytes));
}

static void check(void)
{
	static char now[65536];

	for (size_t i = 0; i < VIEWS; i++) {
		struct view *v = &views[i];
		ssize_t len;

		if (v->link && wl_exe_any)
			continue;
		len = look(v, now, sizeof(now));
		expect(len == v->len && !memcmp(now, v->bytes, len), "%s was %.200s, is %.*s", v->path, v->bytes,
		       len > 200 ? 200 : (int)len, now);
	}
}

static void spoil(void)
{
	views[0].bytes[0] ^= 1;
}

const struct workload workload = { build, NULL, check, spoil };
