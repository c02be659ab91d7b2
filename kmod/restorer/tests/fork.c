// SPDX-License-Identifier: GPL-2.0
/* FORK with wanted pids, shared slots, EXEC and its failures. */
#include "harness.h"
#include <sched.h>

static struct program p;
static struct result r;

static int free_pid(void)
{
	FILE *file = fopen("/proc/sys/kernel/pid_max", "r");
	int pid_max;

	if (!file || fscanf(file, "%d", &pid_max) != 1)
		abort();
	fclose(file);
	return pid_max - 200;
}

static void wait_op(__u32 slot)
{
	SYS(&p, slot + 1, "wait4", SYS_wait4, SLOT(slot), ADDR(slot + 2),
	    IMM(0), IMM(0));
}

static void test_pids(void)
{
	int wanted = free_pid();
	__u32 fork, inner;

	program_begin(&p);
	fork = fork_begin(&p, 0, wanted, -1);
	SYS(&p, 10, NULL, SYS_getpid, NONE);
	inner = fork_begin(&p, 20, wanted + 1, -1);
	SYS(&p, 30, NULL, SYS_getpid, NONE);
	SYS(&p, 31, NULL, SYS_getppid, NONE);
	exit_op(&p, 0);
	fork_end(&p, inner);
	wait_op(20);
	exit_op(&p, 3);
	fork_end(&p, fork);
	wait_op(0);
	/* Slots are the same in all processes. */
	OP(&p, CRT_OP_EXPECT, CRT_CMP_EQ, NO, "fork", SLOT(0), IMM(wanted));
	OP(&p, CRT_OP_EXPECT, CRT_CMP_EQ, NO, "child", SLOT(10), IMM(wanted));
	OP(&p, CRT_OP_EXPECT, CRT_CMP_EQ, NO, "status", SLOT(2), IMM(3 << 8));
	OP(&p, CRT_OP_EXPECT, CRT_CMP_EQ, NO, "grandchild", SLOT(30),
	   IMM(wanted + 1));
	OP(&p, CRT_OP_EXPECT, CRT_CMP_EQ, NO, "parent", SLOT(31), IMM(wanted));
	exit_op(&p, 7);
	run_program(&p, &r);
	CHECK(exited(&r, 7) && !*r.err, &r);
	/* No right to choose: an error, or a warning and any pid. */
	{
		struct run how = { .program = &p, .as_nobody = true };

		run(&how, &r);
		CHECK(exited(&r, CRT_EXIT_PERMISSION), &r);
		CHECK(strstr(r.err, ": fork: Operation not permitted\n"), &r);
		program_begin(&p);
		fork = fork_begin(&p, 0, wanted, -1);
		exit_op(&p, 3);
		fork_end(&p, fork);
		p.ops[fork].flags = CRT_OPF_WARN;
		p.ops[fork].label = data_text(&p, "pids");
		OP(&p, CRT_OP_EXPECT, CRT_CMP_NE, NO, "any", SLOT(0),
		   IMM(wanted));
		wait_op(0);
		run(&how, &r);
		CHECK(exited(&r, 0), &r);
		CHECK_SAYS(&r,
			   "crtools: not restored (missing rights): pids\n");
		/* Asked for: no warning. */
		how.argv = (const char *[]){ "--new-pids", NULL };
		run(&how, &r);
		CHECK(exited(&r, 0) && !*r.err, &r);
	}
	/* Taken. */
	program_begin(&p);
	fork = fork_begin(&p, 0, getpid(), -1);
	exit_op(&p, 0);
	fork_end(&p, fork);
	run_program(&p, &r);
	CHECK(exited(&r, CRT_EXIT_PID_TAKEN), &r);
	CHECK(strstr(r.err, " is taken (--new-pids"), &r);
	run_options(&p, &r, "--new-pids", NULL);
	CHECK(exited(&r, 0) && !*r.err, &r);
}

/* A user namespace of its own for one without rights. */
static void test_namespaces(void)
{
	struct run how = { .program = &p, .as_nobody = true };
	__u32 fork, inner;

	program_begin(&p);
	fork = fork_begin(&p, 0, 0, -1);
	p.ops[fork].args[1].value = CLONE_NEWUSER | CLONE_NEWPID;
	SYS(&p, 10, NULL, SYS_getuid, NONE);
	OP(&p, CRT_OP_EXPECT, CRT_CMP_EQ, NO, "uid", SLOT(10), IMM(65534));
	SYS(&p, 10, NULL, SYS_getpid, NONE);
	OP(&p, CRT_OP_EXPECT, CRT_CMP_EQ, NO, "pid", SLOT(10), IMM(1));
	inner = fork_begin(&p, 20, 4321, -1);
	SYS(&p, 30, NULL, SYS_getpid, NONE);
	exit_op(&p, 0);
	fork_end(&p, inner);
	wait_op(20);
	OP(&p, CRT_OP_EXPECT, CRT_CMP_EQ, NO, "pid", SLOT(30), IMM(4321));
	exit_op(&p, 9);
	fork_end(&p, fork);
	/* The parent's view of the child, not the child's. */
	OP(&p, CRT_OP_EXPECT, CRT_CMP_NE, NO, "outer pid", SLOT(0), IMM(1));
	wait_op(0);
	OP(&p, CRT_OP_EXPECT, CRT_CMP_EQ, NO, "status", SLOT(2), IMM(9 << 8));
	run(&how, &r);
	CHECK(exited(&r, 0) && !*r.err, &r);
}

static void exec_program(const char *name)
{
	program_begin(&p);
	OP(&p, CRT_OP_IMAGE_DIR, 0, 0, "image dir", NONE);
	OP(&p, CRT_OP_EXEC, 0, NO, "exec", SLOT(0),
	   DATA(data_text(&p, name)));
	run_program(&p, &r);
}

static void test_exec(void)
{
	int fd;

	exec_program("core-23.img");
	CHECK(exited(&r, 23) && !*r.err, &r);
	exec_program("core-1.img");
	CHECK(exited(&r, CRT_EXIT_CHANGED), &r);
	CHECK_SAYS(&r,
		   "crtools: core-1.img or a file that it maps is missing\n");
	fd = open("core-2.img", O_CREAT | O_WRONLY, 0700);
	write(fd, "no image at all", 15);
	close(fd);
	exec_program("core-2.img");
	CHECK(exited(&r, CRT_EXIT_NO_MODULE), &r);
	CHECK(strstr(r.err, "core-2.img is not taken: the kernel module"), &r);
	chmod("core-2.img", 0600);
	exec_program("core-2.img");
	CHECK(exited(&r, CRT_EXIT_PERMISSION), &r);
	/* No sentence of its own: the errno's words. */
	exec_program("");
	CHECK(*r.err, &r);
	exec_program("core-23.img/x");
	CHECK(exited(&r, 1), &r);
	CHECK_SAYS(&r,
		   "crtools: exec: Not a directory\n");
}

void test_fork(void)
{
	test_pids();
	test_namespaces();
	test_exec();
}
