// SPDX-License-Identifier: GPL-2.0
/* Operations of one process, options, words of failures. */
#include "harness.h"

static struct program p;
static struct result r;

static void test_values(void)
{
	__u32 text;

	program_begin(&p);
	SYS(&p, 0, NULL, SYS_getpid, NONE);
	OP(&p, CRT_OP_SET, 0, 1, NULL, SLOT(0));
	OP(&p, CRT_OP_EXPECT, CRT_CMP_EQ, NO, "pid", SLOT(0), SLOT(1));
	OP(&p, CRT_OP_EXPECT, CRT_CMP_NE, NO, "not 0", SLOT(0), IMM(0));
	OP(&p, CRT_OP_SET, 0, 2, NULL, IMM(-5));
	OP(&p, CRT_OP_EXPECT, CRT_CMP_LT, NO, "signed", SLOT(2), IMM(3));
	OP(&p, CRT_OP_EXPECT, CRT_CMP_GE, NO, "signed", IMM(3), SLOT(2));
	OP(&p, CRT_OP_EXPECT, CRT_CMP_GE, NO, "equal", IMM(3), IMM(3));
	/* Skipped: would fail. */
	OP(&p, CRT_OP_SKIP, CRT_CMP_EQ, NO, NULL, IMM(1), IMM(1))->skip = 1;
	OP(&p, CRT_OP_EXPECT, CRT_CMP_EQ, NO, "skip", IMM(1), IMM(2));
	/* Not skipped. */
	OP(&p, CRT_OP_SKIP, CRT_CMP_EQ, NO, NULL, IMM(1), IMM(2))->skip = 1;
	OP(&p, CRT_OP_SET, 0, 3, NULL, IMM(77));
	OP(&p, CRT_OP_EXPECT, CRT_CMP_EQ, NO, "no skip", SLOT(3), IMM(77));
	OP(&p, CRT_OP_EXPECT, CRT_CMP_EQ, NO, "option", OPTION(1), IMM(0));
	/* A slot's address, filled by a call. */
	text = data_text(&p, "hello");
	SYS(&p, 5, "pipe", SYS_pipe, ADDR(4));
	OP(&p, CRT_OP_EXPECT, CRT_CMP_EQ, NO, "result", SLOT(5), IMM(0));
	OP(&p, CRT_OP_EXPECT, CRT_CMP_NE, NO, "ends", SLOT(4), IMM(0));
	OP(&p, CRT_OP_WRITE, 0, NO, "write", IMM(1), DATA(text), IMM(5));
	OP(&p, CRT_OP_EXPECT, CRT_CMP_MEM_EQ, NO, "memory", DATA(text),
	   DATA(text), IMM(5));
	exit_op(&p, 42);
	run_program(&p, &r);
	CHECK(exited(&r, 42), &r);
	CHECK(!strcmp(r.out, "hello"), &r);
	CHECK(!*r.err, &r);
}

static void test_failures(void)
{
	struct crt_op *op;
	__u32 path;

	/* An operation's own exit code, its label, the errno's words. */
	program_begin(&p);
	path = data_text(&p, "/does/not/exist");
	op = SYS(&p, NO, "pid 812 fd 7: openat /does/not/exist", SYS_openat,
		 IMM(AT_FDCWD), DATA(path), IMM(0));
	op->exit_code = CRT_EXIT_CHANGED;
	run_program(&p, &r);
	CHECK(exited(&r, CRT_EXIT_CHANGED), &r);
	CHECK_SAYS(&r,
		   "crtools: pid 812 fd 7: openat /does/not/exist: No such file or directory\n");
	/* There, but not for the caller: that has changed nothing. */
	op->args[1].value = data_text(&p, "/proc/1/environ");
	{
		struct run how = { .program = &p, .as_nobody = true };

		run(&how, &r);
	}
	CHECK(exited(&r, CRT_EXIT_PERMISSION), &r);
	/* No exit code: 1. An errno without words. */
	op->exit_code = 0;
	op->args[1].value = path;
	op->nr = 100000;
	run_program(&p, &r);
	CHECK(exited(&r, 1), &r);
	CHECK(strstr(r.err, ": Function not implemented\n"), &r);
	/* May fail: the result is there. */
	op->nr = SYS_openat;
	op->flags = CRT_OPF_MAY_FAIL;
	op->slot = 9;
	OP(&p, CRT_OP_EXPECT, CRT_CMP_EQ, NO, "errno", SLOT(9), IMM(-ENOENT));
	exit_op(&p, 3);
	run_program(&p, &r);
	CHECK(exited(&r, 3) && !*r.err, &r);
	/* Without a label: the operation's number. */
	program_begin(&p);
	SYS(&p, NO, NULL, SYS_close, IMM(-1));
	run_program(&p, &r);
	CHECK(strstr(r.err, ": operation 0: Bad file descriptor\n"), &r);
	/* An expectation: no errno. */
	program_begin(&p);
	op = OP(&p, CRT_OP_EXPECT, CRT_CMP_EQ, NO, "pid 1 fd 3: /x has changed",
		IMM(1), IMM(2));
	op->exit_code = 9;
	run_program(&p, &r);
	CHECK(exited(&r, 9), &r);
	CHECK_SAYS(&r,
		   "crtools: pid 1 fd 3: /x has changed\n");
}

static void test_warnings(void)
{
	program_begin(&p);
	/* Twice the same text: told once. */
	SYS(&p, NO, "niceness", SYS_kill, IMM(1), IMM(0))->flags = CRT_OPF_WARN;
	SYS(&p, NO, "niceness", SYS_kill, IMM(1), IMM(0))->flags = CRT_OPF_WARN;
	SYS(&p, NO, "exe link", SYS_kill, IMM(1), IMM(0))->flags = CRT_OPF_WARN;
	SYS(&p, NO, "odd thing", SYS_close, IMM(-1))->flags = CRT_OPF_WARN;
	{
		struct run how = { .program = &p, .as_nobody = true };

		run(&how, &r);
	}
	CHECK(exited(&r, 0), &r);
	CHECK_SAYS(&r,
		   "crtools: not restored (missing rights): niceness, exe link; not restored: odd thing (Bad file descriptor)\n");
}

static void test_damaged(void)
{
	static const struct crt_op bad[] = {
		{ .code = 99 },
		{ .code = CRT_OP_SET, .slot = 64 },
		{ .code = CRT_OP_SET, .slot = NO,
		  .args = { { CRT_ARG_SLOT, 0, 64 } } },
		{ .code = CRT_OP_SET, .slot = NO,
		  .args = { { CRT_ARG_DATA, 0, 1u << 30 } } },
		{ .code = CRT_OP_SET, .slot = NO, .args = { { 77, 0, 0 } } },
		{ .code = CRT_OP_SKIP, .slot = NO, .skip = 1 },
		{ .code = CRT_OP_EXPECT, .nr = 50, .slot = NO },
	};
	size_t i;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		program_begin(&p);
		p.ops[p.head.nr_ops++] = bad[i];
		run_program(&p, &r);
		CHECK(exited(&r, CRT_EXIT_CORRUPT), &r);
		CHECK(strstr(r.err, "its restore program is damaged"), &r);
	}
}

static void test_options(void)
{
	static const char *const words[][2] = {
		{ "-d", "1" }, { "--detach", "1" }, { "--new-pids", "2" },
		{ "--new-pidns", "3" }, { "--leave-stopped", "4" },
	};
	size_t i;
	int option;

	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		program_begin(&p);
		for (option = 1; option <= 4; option++)
			OP(&p, CRT_OP_EXPECT, CRT_CMP_EQ, NO, words[i][0],
			   OPTION(option), IMM(option == atoi(words[i][1])));
		exit_op(&p, 11);
		run_options(&p, &r, words[i][0], NULL);
		CHECK(exited(&r, 11), &r);
	}
	run_options(&p, &r, "-d", "--bogus");
	CHECK(exited(&r, CRT_EXIT_USAGE), &r);
	CHECK(strstr(r.err, "crtools: unknown option --bogus\nusage: "), &r);
	run_options(&p, &r, "--help", NULL);
	CHECK(exited(&r, 0) && strstr(r.out, "usage: ") && !*r.err, &r);
}

/* /proc/self/fd/N to the folder's path, and the same by the operation. */
static void expect_image_dir(const char *image_path, const char *wanted)
{
	struct run how = { .program = &p, .image_path = image_path };
	char got[PATH_MAX];
	__u32 there;

	program_begin(&p);
	there = data_text(&p, "/proc/self/fd/40");
	OP(&p, CRT_OP_IMAGE_DIR, 0, 0, "image dir", NONE);
	SYS(&p, NO, "dup3", SYS_dup2, SLOT(0), IMM(40));
	memset(got, 0, sizeof(got));
	SYS(&p, 1, "readlink", SYS_readlink, DATA(there), ADDR(8), IMM(400));
	SYS(&p, NO, "write", SYS_write, IMM(1), ADDR(8), SLOT(1));
	run(&how, &r);
	CHECK(exited(&r, 0), &r);
	CHECK(!strcmp(r.out, wanted), &r);
	if (strcmp(r.out, wanted))
		fprintf(stderr, "   %s gives %s\n", image_path, r.out);
}

static void test_image_dir(void)
{
	char path[PATH_MAX + 32], wanted[PATH_MAX + 16];
	int fd;

	snprintf(wanted, sizeof(wanted), "%s/a dir", folder);
	mkdir(wanted, 0755);
	snprintf(path, sizeof(path), "%s/tree.img", wanted);
	expect_image_dir(path, wanted);
	expect_image_dir("a dir/tree.img", wanted);
	expect_image_dir("./a dir/tree.img", wanted);
	expect_image_dir("tree.img", folder);
	expect_image_dir("/tree.img", "/");
	fd = open(path, O_RDWR | O_CREAT, 0755);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	expect_image_dir(path, wanted);
	snprintf(path, sizeof(path), "/dev/fd/%d", fd);
	expect_image_dir(path, wanted);
	close(fd);
	/* execveat of a name in a folder. */
	fd = open(wanted, O_PATH | O_DIRECTORY);
	snprintf(path, sizeof(path), "/dev/fd/%d/tree.img", fd);
	expect_image_dir(path, wanted);
	close(fd);
}

void test_ops(void)
{
	test_values();
	test_failures();
	test_warnings();
	test_damaged();
	test_options();
	test_image_dir();
}
