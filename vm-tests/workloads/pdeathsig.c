// SPDX-License-Identifier: Apache-2.0
/*
 * Signals at the end of the parent: the first process would die by its own when
 * it is brought back by somebody who does not stay; its child has one too.
 */
#include "tree.h"

#include <sys/prctl.h>

static pid_t parent;

static int wanted(void)
{
	int signal = -1;

	must(prctl(PR_GET_PDEATHSIG, &signal));
	return signal;
}

static void child(void *arg)
{
	(void)arg;
	must(prctl(PR_SET_PDEATHSIG, SIGUSR1));
	wl_child_ready();
	wl_wait();
	expect(wanted() == SIGUSR1, "the parent death signal was %d, is %d", SIGUSR1, wanted());
}

static void build(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	parent = getppid();
	must(prctl(PR_SET_PDEATHSIG, SIGKILL));
	wl_child(child, NULL);
}

static void check(void)
{
	/* It was a matter of the old parent. */
	if (getppid() == parent || wanted())
		expect(wanted() == SIGKILL, "the parent death signal was %d, is %d", SIGKILL, wanted());
	wl_end_children(1);
}

static void spoil(void)
{
	must(prctl(PR_SET_PDEATHSIG, SIGUSR2));
}

const struct workload workload = { build, NULL, check, spoil };
