// SPDX-License-Identifier: Apache-2.0
/* Pipes with one end: no reader (EPIPE), no writer (the data, then the end). */
#include "pipes.h"

static int no_reader[2], no_writer[2], no_writer_empty[2], unread[2];

static void build(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	signal(SIGPIPE, SIG_IGN);
	must(pipe(no_reader));
	close(no_reader[0]);
	must(pipe(no_writer));
	pipes_put(no_writer[1], 10000, 1);
	close(no_writer[1]);
	must(pipe(no_writer_empty));
	close(no_writer_empty[1]);
	must(pipe(unread));
	pipes_put(unread[1], 5000, 2);
	close(unread[0]);
}

static void check(void)
{
	char byte;

	expect(write(no_reader[1], "x", 1) == -1 && errno == EPIPE, "a pipe without a reader can be written");
	expect(write(unread[1], "x", 1) == -1 && errno == EPIPE, "a pipe without a reader, with data, can be written");
	expect(pipes_waiting(unread[1]) == 5000, "%d unread bytes, expected 5000", pipes_waiting(unread[1]));
	pipes_expect(no_writer[0], 10000, 1, "pipe without a writer");
	expect(must(read(no_writer[0], &byte, 1)) == 0, "no end after the data");
	expect(must(read(no_writer_empty[0], &byte, 1)) == 0, "no end in an empty pipe");
}

static void spoil(void)
{
	must(read(no_writer[0], &(char){ 0 }, 1));
}

const struct workload workload = { build, NULL, check, spoil };
