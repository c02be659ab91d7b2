// SPDX-License-Identifier: GPL-2.0
/*
 * The supervisor and its processes: a small tree (root, its children A and B,
 * A's child C) through three stages; faults at each of them.
 */
#include "harness.h"
#include <poll.h>
#include <sched.h>

/* As a plan has them: at fixed numbers. */
#define REPORT_READ	100
#define REPORT_WRITE	101
#define GO_READ(s)	(110 + 2 * (s))
#define GO_WRITE(s)	(111 + 2 * (s))
#define HOLD_READ	130	/* the test holds the other end */
#define READY_WRITE	141
#define UPPER_READ	150
#define UPPER_WRITE	151

#define NR_STAGES	3
#define NR_PROCESSES	4

enum who { ROOT, A, B, C };
enum fault { NO_FAULT, FAILS, KILLED, KILLS_SUPERVISOR, WARNS, HOLDS };

static struct program p;
static struct result r;
static int hold_pipe[2], ready_pipe[2];

static struct plan {
	enum fault fault;
	enum who who;
	int stage;
	bool helper;		/* one that leaves after the first stage */
	bool upper;		/* a supervisor over the supervisor */
	void (*root_ends)(void);	/* the root's last ops */
} plan;

static void pipe_at(int read_end, int write_end)
{
	int ends[2];

	if (pipe(ends) || dup2(ends[0], read_end) < 0 ||
	    dup2(ends[1], write_end) < 0)
		_exit(99);
	close(ends[0]);
	close(ends[1]);
}

static void make_pipes(void *argument)
{
	int stage;

	(void)argument;
	pipe_at(REPORT_READ, REPORT_WRITE);
	pipe_at(UPPER_READ, UPPER_WRITE);
	for (stage = 0; stage < NR_STAGES; stage++)
		pipe_at(GO_READ(stage), GO_WRITE(stage));
	dup2(hold_pipe[0], HOLD_READ);
	dup2(ready_pipe[1], READY_WRITE);
	close(hold_pipe[0]);
	close(hold_pipe[1]);
	close(ready_pipe[0]);
	close(ready_pipe[1]);
	if (argument)
		signal(*(int *)argument, SIG_IGN);
}

static void close_op(int fd)
{
	SYS(&p, NO, "close", SYS_close, IMM(fd));
}

static void say_ready(void)
{
	SYS(&p, NO, "ready", SYS_write, IMM(READY_WRITE),
	    DATA(data_text(&p, "r")), IMM(1));
}

static void hold(void)
{
	SYS(&p, NO, "hold", SYS_read, IMM(HOLD_READ), ADDR(50), IMM(1));
}

static void fault_op(enum who who)
{
	struct crt_op *op;

	switch (plan.fault) {
	case FAILS:
		op = SYS(&p, NO, "pid 812 fd 7: thing", SYS_close, IMM(-1));
		op->exit_code = CRT_EXIT_CHANGED;
		break;
	case KILLED:
		SYS(&p, 20 + who, NULL, SYS_getpid, NONE);
		SYS(&p, NO, NULL, SYS_kill, SLOT(20 + who), IMM(SIGKILL));
		break;
	case KILLS_SUPERVISOR:
		SYS(&p, NO, NULL, SYS_kill, SLOT(19), IMM(SIGKILL));
		break;
	case HOLDS:
		say_ready();
		hold();
		break;
	case WARNS:
	case NO_FAULT:
		break;
	}
}

static void stage_ops(enum who who)
{
	int stage;

	for (stage = 0; stage < NR_STAGES; stage++) {
		if (plan.who == who && plan.stage == stage)
			fault_op(who);
		if (plan.fault == WARNS) {
			SYS(&p, NO, "niceness", SYS_close, IMM(-1))->flags =
				CRT_OPF_WARN;
			SYS(&p, NO, who == C ? "odd thing" : "pids",
			    SYS_close, IMM(-1))->flags = CRT_OPF_WARN;
		}
		OP(&p, CRT_OP_STAGE, 0, 40, NULL, IMM(GO_READ(stage)));
		if (stage == 0)
			OP(&p, CRT_OP_EXPECT, CRT_CMP_EQ, NO, "go", SLOT(40),
			   IMM(1));
	}
	/* The byte of the last stage may be another one. */
	SYS(&p, NO, "sum", SYS_write, IMM(1), ADDR(40), IMM(1));
	close_op(REPORT_WRITE);
}

static void root_ops(void)
{
	__u32 fork, inner;
	int stage;

	SYS(&p, 19, NULL, SYS_getppid, NONE);
	close_op(REPORT_READ);
	close_op(UPPER_WRITE);
	for (stage = 0; stage < NR_STAGES; stage++)
		close_op(GO_WRITE(stage));
	fork = fork_begin(&p, 1, 0, REPORT_WRITE);
	inner = fork_begin(&p, 2, 0, REPORT_WRITE);
	stage_ops(C);
	exit_op(&p, 0);
	fork_end(&p, inner);
	stage_ops(A);
	SYS(&p, NO, "wait4", SYS_wait4, IMM(-1), IMM(0), IMM(0), IMM(0));
	exit_op(&p, 0);
	fork_end(&p, fork);
	fork = fork_begin(&p, 3, 0, REPORT_WRITE);
	stage_ops(B);
	exit_op(&p, 0);
	fork_end(&p, fork);
	if (plan.helper) {
		fork = fork_begin(&p, 4, 0, REPORT_WRITE);
		OP(&p, CRT_OP_STAGE, 0, NO, NULL, IMM(GO_READ(0)));
		exit_op(&p, 0);
		fork_end(&p, fork);
	}
	stage_ops(ROOT);
	SYS(&p, NO, "wait4", SYS_wait4, SLOT(1), IMM(0), IMM(0), IMM(0));
	SYS(&p, NO, "wait4", SYS_wait4, SLOT(3), IMM(0), IMM(0), IMM(0));
	if (plan.root_ends)
		plan.root_ends();
	exit_op(&p, 5);
}

static void make_program(void)
{
	struct crt_stage stages[NR_STAGES], upper_stage = { -1, 1 };
	__u32 fork, upper = 0, table;
	int stage;

	program_begin(&p);
	for (stage = 0; stage < NR_STAGES; stage++) {
		stages[stage].go_fd = GO_WRITE(stage);
		stages[stage].count = NR_PROCESSES + (plan.helper && !stage);
	}
	table = data_bytes(&p, stages, sizeof(stages));
	if (plan.upper) {
		upper = fork_begin(&p, 10, 0, UPPER_WRITE);
		p.ops[upper].args[1].value = CLONE_NEWPID;
		close_op(UPPER_READ);
	}
	fork = fork_begin(&p, 0, 0, REPORT_WRITE);
	root_ops();
	fork_end(&p, fork);
	OP(&p, CRT_OP_SUPERVISE, 0, NO, NULL, IMM(REPORT_READ), DATA(table),
	   IMM(NR_STAGES), SLOT(0), IMM(1),
	   { plan.upper ? CRT_ARG_IMM : CRT_ARG_NONE, 0, UPPER_WRITE });
	if (!plan.upper)
		return;
	fork_end(&p, upper);
	table = data_bytes(&p, &upper_stage, sizeof(upper_stage));
	OP(&p, CRT_OP_SUPERVISE, 0, NO, NULL, IMM(UPPER_READ), DATA(table),
	   IMM(1), SLOT(10), IMM(1), NONE);
}

static void pipes_begin(void)
{
	if (pipe2(hold_pipe, O_CLOEXEC) || pipe2(ready_pipe, O_CLOEXEC))
		abort();
}

static void pipes_end(void)
{
	close(hold_pipe[0]);
	close(hold_pipe[1]);
	close(ready_pipe[0]);
	close(ready_pipe[1]);
}

static void run_plan(void (*during)(pid_t, void *), const char *option,
		     int *ignored)
{
	const char *const argv[] = { option, NULL };
	struct run how = {
		.program = &p, .argv = argv, .before = make_pipes,
		.before_argument = ignored, .during = during,
	};

	make_program();
	pipes_begin();
	life_begin();
	run(&how, &r);
}

static void wait_ready(void)
{
	char byte;

	if (read(ready_pipe[0], &byte, 1) != 1)
		abort();
}

static void test_good(void)
{
	static const char *const go[] = { "\1\1\1\1", "\2\2\2\2" };

	plan = (struct plan){ 0 };
	run_plan(NULL, NULL, NULL);
	CHECK(exited(&r, 5) && !*r.err, &r);
	CHECK(!strcmp(r.out, go[0]), &r);
	CHECK(life_over(), &r);
	pipes_end();
	run_plan(NULL, "--leave-stopped", NULL);
	CHECK(exited(&r, 5) && !strcmp(r.out, go[1]), &r);
	pipes_end();
	plan.helper = true;
	run_plan(NULL, NULL, NULL);
	CHECK(exited(&r, 5) && !*r.err, &r);
	pipes_end();
	plan = (struct plan){ .fault = WARNS };
	run_plan(NULL, NULL, NULL);
	CHECK(exited(&r, 5), &r);
	/* One line, whatever the order of the reports. */
	CHECK(strchr(r.err, '\n') == r.err + strlen(r.err) - 1, &r);
	CHECK(strstr(r.err, "niceness (") && strstr(r.err, "pids (") &&
	      strstr(r.err, "odd thing ("), &r);
	CHECK(!strstr(strstr(r.err, "niceness") + 1, "niceness"), &r);
	pipes_end();
}

/* Whoever fails or is killed, wherever: told once, and nobody stays. */
static void test_faults(void)
{
	enum who who;
	int stage;

	for (who = ROOT; who <= C; who++) {
		for (stage = 0; stage < NR_STAGES; stage++) {
			plan = (struct plan){ FAILS, who, stage, .helper =
					      stage == 1 };
			run_plan(NULL, NULL, NULL);
			CHECK(exited(&r, CRT_EXIT_CHANGED), &r);
			CHECK_SAYS(&r,
				   "crtools: pid 812 fd 7: thing: Bad file descriptor\n");
			CHECK(life_over(), &r);
			pipes_end();

			plan.fault = KILLED;
			run_plan(NULL, NULL, NULL);
			CHECK(exited(&r, CRT_EXIT_FAILED), &r);
			CHECK(strstr(r.err, ": ended while it was being restored\n"), &r);
			CHECK(life_over(), &r);
			pipes_end();

			plan.fault = KILLS_SUPERVISOR;
			run_plan(NULL, NULL, NULL);
			CHECK(WIFSIGNALED(r.status), &r);
			life_wait();
			pipes_end();
		}
	}
}

/* How the root ends, the supervisor ends. */
static void root_dies_of_sigterm(void)
{
	__u32 none = data_bytes(&p, &(__u64){ 0 }, 8);

	SYS(&p, NO, NULL, SYS_rt_sigprocmask, IMM(SIG_SETMASK), DATA(none),
	    IMM(0), IMM(8));
	SYS(&p, 9, NULL, SYS_getpid, NONE);
	SYS(&p, NO, NULL, SYS_kill, SLOT(9), IMM(SIGTERM));
}

static void root_dies_of_sigsegv(void)
{
	__u32 none = data_bytes(&p, &(__u64){ 0 }, 8);

	SYS(&p, NO, NULL, SYS_rt_sigprocmask, IMM(SIG_SETMASK), DATA(none),
	    IMM(0), IMM(8));
	SYS(&p, 9, NULL, SYS_getpid, NONE);
	SYS(&p, NO, NULL, SYS_kill, SLOT(9), IMM(SIGSEGV));
}

static void root_waits_for_signal(void)
{
	__u64 set = 1ull << (SIGTERM - 1) | 1ull << (SIGHUP - 1);

	say_ready();
	SYS(&p, 9, NULL, SYS_rt_sigtimedwait, DATA(data_bytes(&p, &set, 8)),
	    IMM(0), IMM(0), IMM(8));
	SYS(&p, NO, NULL, SYS_exit_group, SLOT(9));
}

static void root_stops(void)
{
	SYS(&p, 9, NULL, SYS_getpid, NONE);
	SYS(&p, NO, NULL, SYS_kill, SLOT(9), IMM(SIGSTOP));
	exit_op(&p, 45);
}

static void send_signals(pid_t pid, void *argument)
{
	(void)argument;
	wait_ready();
	kill(pid, SIGHUP);
	kill(pid, SIGTERM);
}

static void see_stopped(pid_t pid, void *argument)
{
	int status;

	(void)argument;
	CHECK(waitpid(pid, &status, WUNTRACED) == pid && WIFSTOPPED(status),
	      NULL);
	kill(pid, SIGCONT);
}

static void call_off(pid_t pid, void *argument)
{
	(void)argument;
	wait_ready();
	kill(pid, SIGTERM);
}

static void test_ends(void)
{
	int hup = SIGHUP;

	plan = (struct plan){ .root_ends = root_dies_of_sigterm };
	run_plan(NULL, NULL, NULL);
	CHECK(WIFSIGNALED(r.status) && WTERMSIG(r.status) == SIGTERM, &r);
	pipes_end();
	plan.root_ends = root_dies_of_sigsegv;
	run_plan(NULL, NULL, NULL);
	CHECK(WIFSIGNALED(r.status) && WTERMSIG(r.status) == SIGSEGV, &r);
	CHECK(!WCOREDUMP(r.status), &r);
	pipes_end();
	/* Signals reach the root; one that the caller ignores does not. */
	plan.root_ends = root_waits_for_signal;
	run_plan(send_signals, NULL, NULL);
	CHECK(exited(&r, SIGHUP), &r);
	pipes_end();
	run_plan(send_signals, NULL, &hup);
	CHECK(exited(&r, SIGTERM), &r);
	pipes_end();
	/* Job control. */
	plan.root_ends = root_stops;
	run_plan(see_stopped, NULL, NULL);
	CHECK(exited(&r, 45), &r);
	pipes_end();
	/* Called off in the middle. */
	plan = (struct plan){ HOLDS, A, 1 };
	run_plan(call_off, NULL, NULL);
	CHECK(WIFSIGNALED(r.status) && WTERMSIG(r.status) == SIGTERM, &r);
	CHECK(strstr(r.err, "called off by a signal"), &r);
	CHECK(life_over(), &r);
	pipes_end();
}

static void root_holds(void)
{
	hold();
}

static void test_detach(void)
{
	plan = (struct plan){ .root_ends = root_holds };
	run_plan(NULL, "-d", NULL);
	CHECK(exited(&r, 0) && !*r.err, &r);
	/* The root lives on, till the test lets go. */
	CHECK(!life_over(), &r);
	pipes_end();
	life_wait();
}

/* A pid namespace: its first process supervises, and we that one. */
static void test_upper(void)
{
	plan = (struct plan){ .upper = true };
	run_plan(NULL, NULL, NULL);
	CHECK(exited(&r, 5) && !*r.err, &r);
	CHECK(life_over(), &r);
	pipes_end();
	plan.root_ends = root_dies_of_sigterm;
	run_plan(NULL, NULL, NULL);
	CHECK(exited(&r, 128 + SIGTERM), &r);
	pipes_end();
	plan = (struct plan){ FAILS, C, 1, .upper = true };
	run_plan(NULL, NULL, NULL);
	CHECK(exited(&r, CRT_EXIT_CHANGED), &r);
	CHECK_SAYS(&r,
		   "crtools: pid 812 fd 7: thing: Bad file descriptor\n");
	CHECK(life_over(), &r);
	pipes_end();
	/* Warnings of both, in one line. */
	plan = (struct plan){ WARNS, .upper = true };
	run_plan(NULL, NULL, NULL);
	CHECK(exited(&r, 5), &r);
	CHECK(strstr(r.err, "crtools: not restored: ") == r.err, &r);
	CHECK(strchr(r.err, '\n') == r.err + strlen(r.err) - 1, &r);
	pipes_end();
	plan = (struct plan){ .upper = true, .root_ends = root_holds };
	run_plan(NULL, "-d", NULL);
	CHECK(exited(&r, 0) && !*r.err, &r);
	CHECK(!life_over(), &r);
	pipes_end();
	life_wait();
}

void test_supervise(void)
{
	test_good();
	test_faults();
	test_ends();
	test_detach();
	test_upper();
}
