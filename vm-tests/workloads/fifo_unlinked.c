// SPDX-License-Identifier: Apache-2.0
/* FIFOs whose names are gone, with data in them; of one the folder is gone too. */
#include "pipes.h"

struct fifo {
	const char *name;
	int mode, reader, writer;
};

/* The second one's owner has forbidden himself to open it again. */
static struct fifo fifos[] = {
	{ .name = "gone", .mode = 0600 },
	{ .name = "folder/gone", .mode = 0400 },
};

static void build(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	must(mkdir(wl_path("folder"), 0700));
	for (int i = 0; i < 2; i++) {
		struct fifo *f = &fifos[i];
		char *path = wl_path(f->name);

		must(mkfifo(path, 0600));
		f->reader = must(open(path, O_RDONLY | O_NONBLOCK));
		f->writer = must(open(path, O_WRONLY));
		must(fchmod(f->reader, f->mode));
		must(unlink(path));
		pipes_put(f->writer, 3000, i);
	}
	must(rmdir(wl_path("folder")));
}

static void check(void)
{
	for (int i = 0; i < 2; i++) {
		struct fifo *f = &fifos[i];
		struct stat st;

		pipes_expect_same(f->reader, f->writer);
		must(fstat(f->reader, &st));
		expect(st.st_nlink == 0, "%s: %d links", f->name, (int)st.st_nlink);
		expect((st.st_mode & 07777) == (mode_t)f->mode, "%s: mode %o", f->name, st.st_mode);
		pipes_expect(f->reader, 3000, i, f->name);
		pipes_expect_works(f->writer, f->reader);
		close(f->writer);
		expect(must(read(f->reader, &(char){ 0 }, 1)) == 0, "%s: a writer is left somewhere", f->name);
	}
}

static void spoil(void)
{
	must(read(fifos[1].reader, &(char){ 0 }, 1));
}

const struct workload workload = { build, NULL, check, spoil };
