// SPDX-License-Identifier: Apache-2.0
/* Soft and hard resource limits. */
#include "workload.h"

#include <sys/resource.h>

struct limit {
	int resource;
	const char *name;
	rlim_t soft, hard;
};

static struct limit limits[] = {
	{ RLIMIT_CPU, "cpu", 10000, 20000 },
	{ RLIMIT_FSIZE, "fsize", 1ul << 40, 1ul << 41 },
	{ RLIMIT_DATA, "data", 1ul << 36, 1ul << 37 },
	{ RLIMIT_STACK, "stack", 7 << 20, 1ul << 30 },
	{ RLIMIT_CORE, "core", 4096, 8192 },
	{ RLIMIT_NOFILE, "nofile", 123, 999 },
	{ RLIMIT_AS, "as", 1ul << 45, 1ul << 46 },
	{ RLIMIT_SIGPENDING, "sigpending", 50, 60 },
	{ RLIMIT_MSGQUEUE, "msgqueue", 1000, 2000 },
	{ RLIMIT_LOCKS, "locks", 11, 22 },
};

#define LIMITS (sizeof(limits) / sizeof(limits[0]))

static void build(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	for (size_t i = 0; i < LIMITS; i++) {
		struct rlimit now;

		must(getrlimit(limits[i].resource, &now));
		/* Never above what the caller was given. */
		if (limits[i].hard > now.rlim_max)
			limits[i].hard = now.rlim_max;
		if (limits[i].soft > limits[i].hard)
			limits[i].soft = limits[i].hard;
		must(setrlimit(limits[i].resource, &(struct rlimit){ limits[i].soft, limits[i].hard }));
	}
}

static void check(void)
{
	for (size_t i = 0; i < LIMITS; i++) {
		struct rlimit now;

		must(getrlimit(limits[i].resource, &now));
		expect(now.rlim_cur == limits[i].soft && now.rlim_max == limits[i].hard,
		       "limit %s was %lu:%lu, is %lu:%lu", limits[i].name, (unsigned long)limits[i].soft,
		       (unsigned long)limits[i].hard, (unsigned long)now.rlim_cur, (unsigned long)now.rlim_max);
	}
}

static void spoil(void)
{
	must(setrlimit(RLIMIT_NOFILE, &(struct rlimit){ 122, 999 }));
}

const struct workload workload = { build, NULL, check, spoil };
