// SPDX-License-Identifier: Apache-2.0
/* Non-blocking ends, which belong to the end and not to the pipe. */
#include "pipes.h"

static int both[2], reader[2], writer[2];

static void build(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	must(pipe2(both, O_NONBLOCK));
	must(pipe(reader));
	must(fcntl(reader[0], F_SETFL, O_NONBLOCK));
	must(pipe(writer));
	must(fcntl(writer[1], F_SETFL, O_NONBLOCK));
	pipes_put(writer[1], 65536, 1);
}

static void check(void)
{
	char byte;

	expect(must(fcntl(both[0], F_GETFL)) == (O_RDONLY | O_NONBLOCK), "flags of the reading end");
	expect(must(fcntl(both[1], F_GETFL)) == (O_WRONLY | O_NONBLOCK), "flags of the writing end");
	expect(must(fcntl(reader[1], F_GETFL)) == O_WRONLY, "flags of a blocking writing end");
	expect(must(fcntl(writer[0], F_GETFL)) == O_RDONLY, "flags of a blocking reading end");
	expect(read(both[0], &byte, 1) == -1 && errno == EAGAIN, "read: %s", strerror(errno));
	expect(read(reader[0], &byte, 1) == -1 && errno == EAGAIN, "read: %s", strerror(errno));
	expect(write(writer[1], "x", 1) == -1 && errno == EAGAIN, "write: %s", strerror(errno));
	pipes_expect(writer[0], 65536, 1, "contents");
	pipes_expect_works(both[1], both[0]);
	pipes_expect_works(reader[1], reader[0]);
}

static void spoil(void)
{
	must(fcntl(writer[0], F_SETFL, O_NONBLOCK));
}

const struct workload workload = { build, NULL, check, spoil };
