// SPDX-License-Identifier: Apache-2.0
/* What prctl() sets. */
#include "workload.h"

#include <sys/prctl.h>

struct setting {
	const char *name;
	int set, get;
	long value;
	bool by_pointer;
};

static const struct setting settings[] = {
	{ "parent-death signal", PR_SET_PDEATHSIG, PR_GET_PDEATHSIG, SIGURG, true },
	{ "dumpable", PR_SET_DUMPABLE, PR_GET_DUMPABLE, 1, false },
	{ "no new privileges", PR_SET_NO_NEW_PRIVS, PR_GET_NO_NEW_PRIVS, 1, false },
	{ "child subreaper", PR_SET_CHILD_SUBREAPER, PR_GET_CHILD_SUBREAPER, 1, true },
	{ "timer slack", PR_SET_TIMERSLACK, PR_GET_TIMERSLACK, 77777, false },
	{ "no huge pages", PR_SET_THP_DISABLE, PR_GET_THP_DISABLE, 1, false },
	{ "keep capabilities", PR_SET_KEEPCAPS, PR_GET_KEEPCAPS, 1, false },
};

#define SETTINGS (sizeof(settings) / sizeof(settings[0]))
#define NAME "odd) (name\t:-"

static pid_t parent;

static void build(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	parent = getppid();
	must(prctl(PR_SET_NAME, NAME));
	for (size_t i = 0; i < SETTINGS; i++)
		if (prctl(settings[i].set, settings[i].value, 0, 0, 0))
			wl_fail("%s: %s", settings[i].name, strerror(errno));
}

static void check(void)
{
	char name[16];

	must(prctl(PR_GET_NAME, name));
	expect(!strcmp(name, NAME), "the name is %s", name);
	for (size_t i = 0; i < SETTINGS; i++) {
		int stored = -1;
		long value;

		if (settings[i].by_pointer) {
			must(prctl(settings[i].get, &stored, 0, 0, 0));
			value = stored;
		} else {
			value = must(prctl(settings[i].get, 0, 0, 0, 0));
		}
		/* It was a matter of the old parent. */
		if (settings[i].set == PR_SET_PDEATHSIG && getppid() != parent && !value)
			continue;
		expect(value == settings[i].value, "%s was %ld, is %ld", settings[i].name, settings[i].value, value);
	}
}

static void spoil(void)
{
	must(prctl(PR_SET_TIMERSLACK, 50000, 0, 0, 0));
}

const struct workload workload = { build, NULL, check, spoil };
