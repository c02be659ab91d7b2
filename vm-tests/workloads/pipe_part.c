// SPDX-License-Identifier: Apache-2.0
/* Pipes with data: a few bytes, writes of many sizes, the first of them half read. */
#include "pipes.h"

static int few[2], many[2];

static void build(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	must(pipe(few));
	must(pipe(many));
	pipes_put(few[1], 5, 1);
	for (int i = 1; i <= 12; i++)
		pipes_put(many[1], 300 * i, i);
	pipes_expect(many[0], 300, 1, "first write");
	wl_read_all(many[0], (char[400]){ 0 }, 400);
}

static void check(void)
{
	char rest[200], whole[600];

	expect(pipes_waiting(few[0]) == 5, "%d bytes, expected 5", pipes_waiting(few[0]));
	pipes_expect(few[0], 5, 1, "few bytes");
	expect(pipes_waiting(many[0]) == 300 * 78 - 700, "%d bytes, expected %d", pipes_waiting(many[0]),
	       300 * 78 - 700);
	wl_fill(whole, sizeof(whole), 2);
	wl_read_all(many[0], rest, sizeof(rest));
	expect(!memcmp(rest, whole + 400, sizeof(rest)), "rest of the second write");
	for (int i = 3; i <= 12; i++)
		pipes_expect(many[0], 300 * i, i, "write");
	pipes_expect_works(many[1], many[0]);
	pipes_expect_works(few[1], few[0]);
}

static void spoil(void)
{
	must(read(few[0], &(char){ 0 }, 1));
}

const struct workload workload = { build, NULL, check, spoil };
