// SPDX-License-Identifier: GPL-2.0
/* COPY: holes, ranges, pipes. */
#include "harness.h"

#define ALL	(~0ull)

static struct program p;
static struct result r;

static void fill(char *to, size_t size, unsigned int seed)
{
	while (size--) {
		seed = seed * 1664525 + 1013904223;
		*to++ = seed >> 24;
	}
}

/* open source at 30, target at 31, then the copy with its label "copy" */
static void copy_program(const char *source, const char *target, __u64 offset,
			 __u64 length, __u64 to)
{
	__u32 a, b;

	program_begin(&p);
	a = data_text(&p, source);
	b = data_text(&p, target);
	SYS(&p, 0, "source", SYS_openat, IMM(AT_FDCWD), DATA(a), IMM(O_RDONLY));
	SYS(&p, 1, "target", SYS_openat, IMM(AT_FDCWD), DATA(b),
	    IMM(O_RDWR | O_CREAT), IMM(0600));
	OP(&p, CRT_OP_COPY, 0, NO, "copy", SLOT(0), IMM(offset), IMM(length),
	   SLOT(1), IMM(to));
	/* The source's position is as before. */
	SYS(&p, 2, "lseek", SYS_lseek, SLOT(0), IMM(0), IMM(SEEK_CUR));
	OP(&p, CRT_OP_EXPECT, CRT_CMP_EQ, NO, "position", SLOT(2), IMM(0));
	run_program(&p, &r);
}

static bool holds(const char *path, const char *wanted, size_t size)
{
	char *got = malloc(size + 1);
	int fd = open(path, O_RDONLY);
	ssize_t n = read(fd, got, size + 1);
	bool same = n == (ssize_t)size && !memcmp(got, wanted, size);

	close(fd);
	free(got);
	return same;
}

static void test_files(void)
{
	static char content[1 << 20], wanted[1 << 20];
	struct stat stat;
	int fd = open("source", O_RDWR | O_CREAT | O_TRUNC, 0600);

	/* data, hole, data, hole at the end */
	fill(content, 5000, 1);
	fill(content + 500000, 100000, 2);
	pwrite(fd, content, 5000, 0);
	pwrite(fd, content + 500000, 100000, 500000);
	ftruncate(fd, sizeof(content));
	close(fd);

	copy_program("source", "whole", 0, ALL, 0);
	CHECK(exited(&r, 0) && !*r.err, &r);
	CHECK(holds("whole", content, sizeof(content)), &r);
	CHECK(!lstat("whole", &stat) && stat.st_blocks * 512 < 400000, &r);
	/* A part, to another place. */
	copy_program("source", "part", 499000, 2500, 7000);
	memcpy(wanted + 7000, content + 499000, 2500);
	CHECK(exited(&r, 0), &r);
	CHECK(holds("part", wanted, 9500), &r);
	/* An empty file, a source that is too short. */
	close(open("empty", O_CREAT | O_RDWR, 0600));
	copy_program("empty", "nothing", 0, ALL, 0);
	CHECK(exited(&r, 0) && holds("nothing", "", 0), &r);
	copy_program("source", "more", 0, sizeof(content) + 1, 0);
	CHECK(exited(&r, 1), &r);
	CHECK_SAYS(&r,
		   "crtools: copy: No data available\n");
	/* A full disk has an exit code of its own. */
	copy_program("source", "/dev/full", 0, 100, ALL);
	CHECK(exited(&r, CRT_EXIT_NO_SPACE), &r);
}

/* Into a pipe: as much as it takes; not a byte more, and no waiting. */
static void test_pipes(void)
{
	static char content[65537], got[65537];
	int fd = open("pipe-data", O_RDWR | O_CREAT | O_TRUNC, 0600);
	int extra;

	fill(content, sizeof(content), 3);
	write(fd, content, sizeof(content));
	close(fd);
	mkfifo("fifo", 0600);
	for (extra = 0; extra < 2; extra++) {
		int fifo = open("fifo", O_RDONLY | O_NONBLOCK);

		copy_program("pipe-data", "fifo", 0, 65536 + extra, ALL);
		CHECK(read(fifo, got, sizeof(got)) == 65536, &r);
		CHECK(!memcmp(got, content, 65536), &r);
		CHECK(exited(&r, extra), &r);
		if (extra)
			CHECK(strstr(r.err, "copy: Resource temporarily"), &r);
		close(fifo);
	}
	/* At the position of a file, too. */
	copy_program("pipe-data", "at-position", 10, 100, ALL);
	CHECK(exited(&r, 0) && holds("at-position", content + 10, 100), &r);
}

void test_copy(void)
{
	test_files();
	test_pipes();
}
