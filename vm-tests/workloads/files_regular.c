// SPDX-License-Identifier: Apache-2.0
/* Open regular files: position, flags, close-on-exec, and that they still work. */
#include "files.h"

#define LENGTH 10000

struct file {
	const char *name;
	int flags, more;	/* more: O_CLOEXEC, O_CREAT, ... not among F_GETFL's */
	off_t position;
	int fd;
	char *path;
};

static struct file files[] = {
	{ .name = "read-only", .flags = O_RDONLY, .position = 4321 },
	{ .name = "read-write", .flags = O_RDWR, .position = 5000, .more = O_CLOEXEC },
	{ .name = "write-only", .flags = O_WRONLY, .position = 100 },
	{ .name = "append", .flags = O_WRONLY | O_APPEND, .position = LENGTH },
	{ .name = "append-read", .flags = O_RDWR | O_APPEND, .position = 7, .more = O_CLOEXEC },
	{ .name = "non-blocking", .flags = O_RDWR | O_NONBLOCK, .position = 0 },
	{ .name = "sync", .flags = O_RDWR | O_SYNC, .position = 1 },
	{ .name = "dsync", .flags = O_RDWR | O_DSYNC, .position = 1 },
	{ .name = "noatime", .flags = O_RDONLY | O_NOATIME, .position = 2 },
	{ .name = "beyond-end", .flags = O_RDWR, .position = LENGTH + 50000 },
	{ .name = "created", .flags = O_RDWR, .more = O_CREAT | O_TRUNC, .position = 9 },
};

#define FILES (sizeof(files) / sizeof(files[0]))

static void build(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	for (size_t i = 0; i < FILES; i++) {
		struct file *f = &files[i];

		f->path = wl_path(f->name);
		wl_make_file(f->path, LENGTH, i);
		f->fd = must(open(f->path, f->flags | f->more, 0600));
		/* Truncated by O_TRUNC; must not be once more. */
		if (f->more & O_TRUNC)
			wl_make_file(f->path, LENGTH, i);
		must(lseek(f->fd, f->position, SEEK_SET));
	}
}

static void check(void)
{
	static char want[LENGTH], now[LENGTH];

	for (size_t i = 0; i < FILES; i++) {
		struct file *f = &files[i];
		int access = f->flags & O_ACCMODE;
		struct stat st;

		files_expect_flags(f->fd, f->flags);
		files_expect_cloexec(f->fd, f->more & O_CLOEXEC);
		files_expect_position(f->fd, f->position);
		files_expect_name(f->fd, f->path);
		must(fstat(f->fd, &st));
		expect(st.st_size == LENGTH, "%s: size is %ld", f->name, (long)st.st_size);
		wl_fill(want, LENGTH, i);
		if (access != O_WRONLY && f->position < LENGTH) {
			size_t len = LENGTH - f->position;

			wl_read_all(f->fd, now, len);
			expect(!memcmp(now, want + f->position, len), "%s: contents", f->name);
			files_expect_position(f->fd, LENGTH);
		} else if (access != O_WRONLY) {
			expect(read(f->fd, now, 1) == 0, "%s: no end of file", f->name);
		}
		if (access == O_RDONLY) {
			expect(write(f->fd, "x", 1) == -1 && errno == EBADF, "%s: can be written", f->name);
			continue;
		}
		must(lseek(f->fd, 0, SEEK_SET));
		wl_write_all(f->fd, "new", 3);
		must(stat(f->path, &st));
		expect(st.st_size == LENGTH + (f->flags & O_APPEND ? 3 : 0), "%s: size is %ld after a write", f->name,
		       (long)st.st_size);
		/* As it was, for another copy of this program. */
		must(pwrite(f->fd, want, f->flags & O_APPEND ? 0 : 3, 0));
		must(ftruncate(f->fd, LENGTH));
	}
}

static void spoil(void)
{
	must(lseek(files[4].fd, 8, SEEK_SET));
}

const struct workload workload = { build, NULL, check, spoil };
