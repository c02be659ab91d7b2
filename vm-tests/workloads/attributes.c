// SPDX-License-Identifier: Apache-2.0
/* Attributes of a process that are set through /proc and rare calls. */
#include "workload.h"

#include <fcntl.h>

/* Best effort, level 6. */
#define IOPRIO (2 << 13 | 6)

struct attribute {
	const char *path, *set, *want;
};

static const struct attribute attributes[] = {
	{ "/proc/self/oom_score_adj", "700", "700\n" },
	{ "/proc/self/coredump_filter", "0x11", "00000011\n" },
	{ "/proc/self/timerslack_ns", "66000", "66000\n" },
};

#define ATTRIBUTES (sizeof(attributes) / sizeof(attributes[0]))

static void put(const char *path, const char *text)
{
	int fd = must(open(path, O_WRONLY | O_CLOEXEC));

	wl_write_all(fd, text, strlen(text));
	close(fd);
}

static void build(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	for (size_t i = 0; i < ATTRIBUTES; i++)
		put(attributes[i].path, attributes[i].set);
	must(syscall(SYS_ioprio_set, 1, 0, IOPRIO));
}

static void check(void)
{
	for (size_t i = 0; i < ATTRIBUTES; i++) {
		char now[64] = "";
		int fd = must(open(attributes[i].path, O_RDONLY | O_CLOEXEC));

		must(read(fd, now, sizeof(now) - 1));
		close(fd);
		expect(!strcmp(now, attributes[i].want), "%s was %s, is %s", attributes[i].path, attributes[i].want,
		       now);
	}
	expect(must(syscall(SYS_ioprio_get, 1, 0)) == IOPRIO, "I/O priority was %#x, is %#lx", IOPRIO,
	       syscall(SYS_ioprio_get, 1, 0));
}

static void spoil(void)
{
	put("/proc/self/oom_score_adj", "701");
}

const struct workload workload = { build, NULL, check, spoil };
