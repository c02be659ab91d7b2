// SPDX-License-Identifier: GPL-2.0
/* What came of the mutations, in numbers. */
#define _GNU_SOURCE
#include <stdio.h>
#include <string.h>

#include "exec.h"

const char *const surroundings_names[NR_SURROUNDINGS] = {
	[PLAIN] = "plain", [RACE] = "racing", [MEDIUM] = "bad medium",
};

void print_table(const struct shared *shared)
{
	unsigned int i;

	printf("mutations:");
	for (i = 0; i < NR_MUTATIONS; i++)
		printf("%s %s %lu", i ? "," : "", mutation_names[i], shared->classes[i]);
	printf("\nsurroundings:");
	for (i = 0; i < NR_SURROUNDINGS; i++)
		printf("%s %s %lu", i ? "," : "", surroundings_names[i], shared->around[i]);
	printf("\nrefused:");
	for (i = 0; i < MAX_ERRNO; i++)
		if (shared->errors[i])
			printf(" %s %lu,", strerrorname_np(i), shared->errors[i]);
	printf("\nexecuted: %lu; went on to their end %lu,", shared->executed,
	       shared->exits[42]);
	for (i = 0; i < 256; i++)
		if (i != 42 && shared->exits[i])
			printf(" exit %u %lu,", i, shared->exits[i]);
	for (i = 0; i < 128; i++)
		if (shared->signals[i])
			printf(" SIG%s %lu,", sigabbrev_np(i) ? sigabbrev_np(i) : "RT",
			       shared->signals[i]);
	printf(" killed by the test %lu\n", shared->ended_by_us);
	printf("longest from SIGKILL to the end: %lu ms; execve cut off after %d ms: %lu\n",
	       shared->longest_kill_us / 1000, EXEC_MS, shared->slow);
}
