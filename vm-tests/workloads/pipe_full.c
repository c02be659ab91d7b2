// SPDX-License-Identifier: Apache-2.0
/* A pipe filled to the last byte. */
#include "pipes.h"

static int ends[2];
static int size;

static void build(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	must(pipe(ends));
	size = must(fcntl(ends[1], F_GETPIPE_SZ));
	pipes_put(ends[1], size, 1);
	expect(!pipes_writable(ends[1]), "the pipe is not full at %d bytes", size);
}

static void check(void)
{
	pipes_expect_size(ends[1], size);
	expect(pipes_waiting(ends[0]) == size, "%d bytes, expected %d", pipes_waiting(ends[0]), size);
	expect(!pipes_writable(ends[1]), "the pipe is full no more");
	pipes_expect(ends[0], size, 1, "contents");
	expect(pipes_writable(ends[1]), "the pipe cannot be written");
	pipes_expect_works(ends[1], ends[0]);
	pipes_put(ends[1], size, 2);
	pipes_expect(ends[0], size, 2, "full once more");
}

static void spoil(void)
{
	must(read(ends[0], &(char){ 0 }, 1));
}

const struct workload workload = { build, NULL, check, spoil };
