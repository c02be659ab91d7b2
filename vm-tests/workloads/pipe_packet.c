// SPDX-License-Identifier: Apache-2.0
/* Packet mode (O_DIRECT): the borders between writes are part of the contents. */
#include "pipes.h"

#define STREAM 4096

static int ends[2], late[2];
static const int sizes[] = { 1, 4096, 17, 300, 4095, 2 };

#define SIZES (sizeof(sizes) / sizeof(sizes[0]))

static void build(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	must(pipe2(ends, O_DIRECT));
	for (size_t i = 0; i < SIZES; i++)
		pipes_put(ends[1], sizes[i], i);
	/* A stream first (a whole page, to which no packet is added), packets afterwards. */
	must(pipe(late));
	pipes_put(late[1], STREAM, 20);
	must(fcntl(late[1], F_SETFL, O_DIRECT));
	pipes_put(late[1], 11, 21);
	pipes_put(late[1], 12, 22);
}

static void expect_packet(int fd, int size, uint64_t seed)
{
	char buf[8192];
	ssize_t n = must(read(fd, buf, sizeof(buf)));

	expect(n == size, "a packet of %d bytes came as %zd", size, n);
	wl_expect_filled(buf, size, seed, "packet");
}

static void check(void)
{
	char buf[2 * STREAM], want[STREAM + 11];

	expect(must(fcntl(ends[1], F_GETFL)) == (O_WRONLY | O_DIRECT), "flags of the writing end");
	/* The kernel keeps the mode at the writing end. */
	expect(must(fcntl(ends[0], F_GETFL)) == O_RDONLY, "flags of the reading end");
	for (size_t i = 0; i < SIZES; i++)
		expect_packet(ends[0], sizes[i], i);
	pipes_put(ends[1], 7, 1);
	pipes_put(ends[1], 8, 2);
	expect_packet(ends[0], 7, 1);
	expect_packet(ends[0], 8, 2);
	expect(must(fcntl(late[1], F_GETFL)) == (O_WRONLY | O_DIRECT), "flags of the pipe switched later");
	expect(must(fcntl(late[0], F_GETFL)) == O_RDONLY, "flags of its reading end");
	/* The stream part ends where the first packet ends. */
	wl_fill(want, STREAM, 20);
	wl_fill(want + STREAM, 11, 21);
	expect(must(read(late[0], buf, sizeof(buf))) == sizeof(want) && !memcmp(buf, want, sizeof(want)),
	       "stream and first packet");
	expect_packet(late[0], 12, 22);
}

static void spoil(void)
{
	must(read(ends[0], &(char){ 0 }, 1));
}

const struct workload workload = { build, NULL, check, spoil };
