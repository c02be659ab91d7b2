// SPDX-License-Identifier: Apache-2.0
/* An empty pipe, both ends here. */
#include "pipes.h"

static int ends[2];

static void build(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	must(pipe2(ends, O_CLOEXEC));
}

static void check(void)
{
	pipes_expect_same(ends[0], ends[1]);
	expect(pipes_waiting(ends[0]) == 0, "%d bytes in an empty pipe", pipes_waiting(ends[0]));
	expect(must(fcntl(ends[0], F_GETFL)) == O_RDONLY && must(fcntl(ends[1], F_GETFL)) == O_WRONLY, "flags");
	expect(must(fcntl(ends[0], F_GETFD)) == FD_CLOEXEC && must(fcntl(ends[1], F_GETFD)) == FD_CLOEXEC,
	       "close-on-exec");
	pipes_expect_works(ends[1], ends[0]);
	close(ends[1]);
	expect(must(read(ends[0], &(char){ 0 }, 1)) == 0, "a writer is left somewhere");
}

static void spoil(void)
{
	pipes_put(ends[1], 1, 1);
}

const struct workload workload = { build, NULL, check, spoil };
