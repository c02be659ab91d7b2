// SPDX-License-Identifier: Apache-2.0
/* A FIFO whose name is gone, with data in it. */
#include "pipes.h"

static int reader, writer;

static void build(int argc, char **argv)
{
	char *path = wl_path("gone");

	(void)argc;
	(void)argv;
	must(mkfifo(path, 0600));
	reader = must(open(path, O_RDONLY | O_NONBLOCK));
	writer = must(open(path, O_WRONLY));
	must(unlink(path));
	pipes_put(writer, 3000, 1);
}

static void check(void)
{
	struct stat st;

	pipes_expect_same(reader, writer);
	must(fstat(reader, &st));
	expect(st.st_nlink == 0, "the FIFO has %d links", (int)st.st_nlink);
	pipes_expect(reader, 3000, 1, "contents");
	pipes_expect_works(writer, reader);
	close(writer);
	expect(must(read(reader, &(char){ 0 }, 1)) == 0, "a writer is left somewhere");
}

static void spoil(void)
{
	must(read(reader, &(char){ 0 }, 1));
}

const struct workload workload = { build, NULL, check, spoil };
