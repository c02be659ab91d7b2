// SPDX-License-Identifier: Apache-2.0
/*
 * Pipes of other sizes: enlarged and full, enlarged and half full, shrunk to one
 * page, and full of one-byte packets (as many buffers as the pipe has).
 */
#include "pipes.h"

#define LARGE (1 << 20)
#define SMALL 4096

static int full[2], half[2], small[2], packets[2];
static int slots;

static void build(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	must(pipe(full));
	expect(must(fcntl(full[1], F_SETPIPE_SZ, LARGE)) == LARGE, "F_SETPIPE_SZ");
	pipes_put(full[1], LARGE, 1);
	must(pipe(half));
	must(fcntl(half[1], F_SETPIPE_SZ, LARGE / 2));
	pipes_put(half[1], LARGE / 4 + 77, 2);
	must(pipe(small));
	must(fcntl(small[1], F_SETPIPE_SZ, SMALL));
	pipes_put(small[1], SMALL, 3);
	must(pipe2(packets, O_DIRECT));
	must(fcntl(packets[1], F_SETPIPE_SZ, 8 * 4096));
	while (pipes_writable(packets[1])) {
		unsigned char byte = slots++;

		wl_write_all(packets[1], &byte, 1);
	}
}

static void check(void)
{
	pipes_expect_size(full[0], LARGE);
	pipes_expect_size(half[0], LARGE / 2);
	pipes_expect_size(small[0], SMALL);
	pipes_expect_size(packets[0], 8 * 4096);
	expect(!pipes_writable(full[1]) && !pipes_writable(small[1]) && pipes_writable(half[1]), "fullness");
	pipes_expect(full[0], LARGE, 1, "full pipe");
	pipes_expect(half[0], LARGE / 4 + 77, 2, "half full pipe");
	pipes_expect(small[0], SMALL, 3, "small pipe");
	pipes_expect_works(full[1], full[0]);
	pipes_put(full[1], LARGE, 4);
	pipes_expect(full[0], LARGE, 4, "full once more");
	expect(!pipes_writable(packets[1]), "the pipe of packets is full no more");
	for (int i = 0; i < slots; i++) {
		unsigned char buf[16];

		expect(must(read(packets[0], buf, sizeof(buf))) == 1 && buf[0] == i, "packet %d", i);
	}
	expect(pipes_waiting(packets[0]) == 0, "packets are left");
}

static void spoil(void)
{
	must(read(full[0], &(char){ 0 }, 1));
	must(fcntl(half[1], F_SETPIPE_SZ, LARGE));
}

const struct workload workload = { build, NULL, check, spoil };
