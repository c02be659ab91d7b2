// SPDX-License-Identifier: GPL-2.0
/*
 * Core images, up to the COMMIT that only the module can do: operations of the
 * COMMIT phase look at what has been restored.
 */
#include "harness.h"
#include <linux/futex.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <time.h>

#ifndef PR_GET_MDWE
#define PR_GET_MDWE	66
#endif

#define NR_THREADS	4

static struct program p;
static struct result r;

static struct image {
	struct crt_header header;
	struct crt_mm mm;
	struct crt_signals signals;
	char queue[2][CRT_SIGINFO_SIZE];
	struct crt_timers timers;
	struct crt_posix_timer posix[3];
	struct image_thread {
		struct crt_thread record;
		char queue[1][CRT_SIGINFO_SIZE];
	} threads[NR_THREADS];
	struct crt_args_thread args[NR_THREADS];
	char stacks[NR_THREADS][CRT_RESTORER_STACK]
		__attribute__((aligned(16)));
	__u32 kept_tid[NR_THREADS];
	char altstack[NR_THREADS][65536];
} image;

static __s32 first_tid;		/* some that are free */

static void queue_signal(char *to, int sig, int value)
{
	siginfo_t info;

	memset(&info, 0, sizeof(info));
	info.si_signo = sig;
	info.si_code = SI_QUEUE;
	info.si_pid = 4711;
	info.si_value.sival_int = value;
	memcpy(to, &info, CRT_SIGINFO_SIZE);
}

static struct run image_begin(__u32 nr_threads)
{
	struct run how = { .program = &p };
	FILE *file = fopen("/proc/sys/kernel/pid_max", "r");
	int pid_max;
	__u32 i;

	if (!file || fscanf(file, "%d", &pid_max) != 1)
		abort();
	fclose(file);
	first_tid = pid_max - 100;
	memset(&image, 0, sizeof(image));
	program_begin(&p);
	image.header.pid = 812;
	image.header.nr_threads = nr_threads;
	image.mm.dumpable = 1;
	for (i = 0; i < nr_threads; i++) {
		struct crt_thread *thread = &image.threads[i].record;

		thread->tid = i ? first_tid + (__s32)i : 812;
		sprintf((char *)thread->comm, "worker %u", i);
		thread->timer_slack_ns = 70000 + i;
		thread->altstack_flags = SS_DISABLE;
		image.kept_tid[i] = thread->tid;
		thread->clear_child_tid = (__u64)&image.kept_tid[i];
		image.args[i].record = (__u64)thread;
		image.args[i].stack_top = (__u64)image.stacks[i + 1];
	}
	how.args.header = (__u64)&image.header;
	how.args.mm = (__u64)&image.mm;
	how.args.signals = (__u64)&image.signals;
	how.args.timers = (__u64)&image.timers;
	how.args.threads = (__u64)image.args;
	how.args.nr_threads = nr_threads;
	how.args.ctl_fd = -1;
	return how;
}

static struct crt_op *commit_op(struct crt_op *op)
{
	op->phase = CRT_PHASE_COMMIT;
	return op;
}

static struct crt_op *thread_op(struct crt_op *op, __u32 thread)
{
	op->phase = CRT_PHASE_THREAD;
	op->thread = thread;
	return op;
}

/* Without any program: all goes well up to COMMIT. */
static void test_commit_fails(void)
{
	struct run how = image_begin(1);

	how.program = NULL;
	run(&how, &r);
	CHECK(exited(&r, 1), &r);
	CHECK_SAYS(&r,
		   "crtools: pid 812 thread 812: last step of restoring: Bad file descriptor\n");
	how = image_begin(NR_THREADS);
	how.program = NULL;
	run(&how, &r);
	CHECK(exited(&r, 1), &r);
	CHECK(strstr(r.err, ": last step of restoring: Bad file descriptor\n"),
	      &r);
	/* Whoever fails first tells, alone. */
	CHECK(strchr(r.err, '\n') == r.err + strlen(r.err) - 1, &r);
}

static void same_pid(void *argument)
{
	(void)argument;
	image.header.pid = getpid();
	image.threads[0].record.tid = getpid();
}

/* Names, tids, timer slack, no_new_privs, altstack of each thread. */
static void test_threads(void)
{
	struct run how = image_begin(NR_THREADS);
	char *name;
	__u32 i, text;

	how.args.hdr_flags = CRT_HDR_KEEP_TIDS;
	how.before = same_pid;
	image.threads[2].record.no_new_privs = 1;
	for (i = 0; i < NR_THREADS; i++) {
		struct crt_thread *thread = &image.threads[i].record;
		__u32 slot = 8 * i;

		thread->altstack_sp = (__u64)image.altstack[i];
		thread->altstack_size = sizeof(image.altstack[i]);
		thread->altstack_flags = 0;
		name = (char *)thread->comm;
		text = data_bytes(&p, name, 16);
		thread_op(SYS(&p, NO, "name", SYS_prctl, IMM(PR_GET_NAME),
			      ADDR(slot)), i);
		thread_op(OP(&p, CRT_OP_EXPECT, CRT_CMP_MEM_EQ, NO, name,
			     ADDR(slot), DATA(text), IMM(16)), i);
		thread_op(SYS(&p, slot, "slack", SYS_prctl,
			      IMM(PR_GET_TIMERSLACK)), i);
		thread_op(OP(&p, CRT_OP_EXPECT, CRT_CMP_EQ, NO, "slack",
			     SLOT(slot), IMM(70000 + i)), i);
		thread_op(SYS(&p, NO, "altstack", SYS_sigaltstack, IMM(0),
			      ADDR(slot)), i);
		thread_op(OP(&p, CRT_OP_EXPECT, CRT_CMP_EQ, NO, "altstack",
			     SLOT(slot), IMM(image.altstack[i])), i);
		if (!i)
			continue;
		thread_op(SYS(&p, slot + 4, "tid", SYS_gettid, NONE), i);
		thread_op(OP(&p, CRT_OP_EXPECT, CRT_CMP_EQ, NO, "tid",
			     SLOT(slot + 4), IMM(thread->tid)), i);
	}
	thread_op(SYS(&p, 40, "count", SYS_getpid, NONE), CRT_ALL_THREADS);
	commit_op(OP(&p, CRT_OP_EXPECT, CRT_CMP_NE, NO, "all", SLOT(40),
		     IMM(0)));
	commit_op(SYS(&p, NO, NULL, SYS_exit_group, IMM(33)));
	run(&how, &r);
	CHECK(exited(&r, 33) && !*r.err, &r);
	/* Another pid, so other tids. */
	how = image_begin(2);
	how.args.hdr_flags = CRT_HDR_KEEP_TIDS;
	thread_op(SYS(&p, 4, "tid", SYS_gettid, NONE), 1);
	thread_op(OP(&p, CRT_OP_EXPECT, CRT_CMP_NE, NO, "tid", SLOT(4),
		     IMM(first_tid + 1)), 1);
	commit_op(SYS(&p, NO, NULL, SYS_exit_group, IMM(33)));
	run(&how, &r);
	CHECK(exited(&r, 33) && !*r.err, &r);
	/* A thread's failure is the process's. */
	how = image_begin(NR_THREADS);
	thread_op(SYS(&p, NO, "pid 812 thread 3: setuid", SYS_close, IMM(-1)),
		  2);
	run(&how, &r);
	CHECK(exited(&r, 1), &r);
	CHECK_SAYS(&r,
		   "crtools: pid 812 thread 3: setuid: Bad file descriptor\n");
}

static void test_tids(void)
{
	struct run how = image_begin(2);

	/* Taken: thread 1 wants the number of the test itself. */
	how.args.hdr_flags = CRT_HDR_KEEP_TIDS;
	how.before = same_pid;
	image.threads[1].record.tid = getpid();
	run(&how, &r);
	CHECK(exited(&r, CRT_EXIT_PID_TAKEN), &r);
	CHECK(strstr(r.err, ": its id is taken\n"), &r);
	/* No right to choose: a warning, and any. */
	how = image_begin(3);
	how.args.hdr_flags = CRT_HDR_KEEP_TIDS;
	how.before = same_pid;
	how.as_nobody = true;
	commit_op(SYS(&p, NO, NULL, SYS_exit_group, IMM(33)));
	run(&how, &r);
	CHECK(exited(&r, 33), &r);
	CHECK_SAYS(&r,
		   "crtools: not restored (missing rights): thread ids\n");
}

static void pending_signals(void *argument)
{
	sigset_t all;

	(void)argument;
	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, NULL);
	/* Not the image's: to be drained. */
	raise(SIGCHLD);
	kill(getpid(), SIGHUP);
}

static void test_signals(void)
{
	struct run how = image_begin(2);
	struct crt_sigaction *action = &image.signals.actions[SIGUSR1 - 1];
	__u32 wanted, info;
	__u64 now = data_bytes(&p, &(struct timespec){ 0, 0 }, 16);
	__u64 all = data_bytes(&p, &(__u64){ ~0ull }, 8);

	how.before = pending_signals;
	action->handler = 0x1234567;
	action->flags = 0x04000000 | SA_RESTART;
	action->restorer = 0x7654321;
	action->mask = 0x10;
	wanted = data_bytes(&p, action, sizeof(*action));
	image.signals.actions[SIGTERM - 1].handler = 1;	/* ignored */
	image.signals.nr_pending = 2;
	queue_signal(image.queue[0], SIGRTMIN + 1, 5);
	queue_signal(image.queue[1], SIGRTMIN + 1, 6);
	info = data_bytes(&p, image.queue[1], 28);
	image.threads[1].record.nr_pending = 1;
	queue_signal(image.threads[1].queue[0], SIGUSR2, 7);

	commit_op(SYS(&p, NO, "action", SYS_rt_sigaction, IMM(SIGUSR1), IMM(0),
		      ADDR(0), IMM(8)));
	commit_op(OP(&p, CRT_OP_EXPECT, CRT_CMP_MEM_EQ, NO, "action", ADDR(0),
		     DATA(wanted), IMM(sizeof(*action))));
	commit_op(SYS(&p, NO, "ignored", SYS_rt_sigaction, IMM(SIGTERM), IMM(0),
		      ADDR(0), IMM(8)));
	commit_op(OP(&p, CRT_OP_EXPECT, CRT_CMP_EQ, NO, "ignored", SLOT(0),
		     IMM(1)));
	/* Pending for the process: the two and nothing else, in their order. */
	commit_op(SYS(&p, NO, "pending", SYS_rt_sigpending, ADDR(0), IMM(8)));
	commit_op(OP(&p, CRT_OP_EXPECT, CRT_CMP_EQ, NO, "pending", SLOT(0),
		     IMM(1ull << SIGRTMIN)));
	commit_op(SYS(&p, NO, "first", SYS_rt_sigtimedwait, DATA(all), IMM(0),
		      DATA(now), IMM(8)));
	commit_op(SYS(&p, NO, "second", SYS_rt_sigtimedwait, DATA(all), ADDR(0),
		      DATA(now), IMM(8)));
	commit_op(OP(&p, CRT_OP_EXPECT, CRT_CMP_MEM_EQ, NO, "order", ADDR(0),
		     DATA(info), IMM(28)));
	commit_op(SYS(&p, NO, NULL, SYS_exit_group, IMM(33)));
	run(&how, &r);
	CHECK(exited(&r, 33) && !*r.err, &r);
}

static void make_timers_before(void *argument)
{
	struct sigevent event = { .sigev_notify = SIGEV_NONE };
	int id;

	(void)argument;
	syscall(SYS_timer_create, CLOCK_MONOTONIC, &event, &id);
}

static void test_timers(void)
{
	struct run how = image_begin(2);
	static const int order[3] = { 2, 0, 1 };
	int i;

	image.timers.nr_posix = 3;
	for (i = 0; i < 3; i++) {
		struct crt_posix_timer *timer = &image.posix[order[i]];

		timer->id = 3 + 4 * i;
		timer->clock = CLOCK_MONOTONIC;
		timer->notify = SIGEV_SIGNAL;
		timer->signo = SIGUSR1;
		timer->value_ns = i * 1000000000000ull;
		timer->interval_ns = 7;
	}
	image.posix[0].notify = SIGEV_THREAD_ID;
	image.posix[0].tid = first_tid + 1;
	image.timers.itimer[0].value_ns = 100000000000001ull;
	image.timers.itimer[0].interval_ns = 2000;
	for (i = 0; i < 3; i++) {
		/* The ids are taken, and from there on no others. */
		commit_op(SYS(&p, 0, "timer", SYS_timer_getoverrun,
			      IMM(3 + 4 * i)));
		commit_op(SYS(&p, 0, "timer", SYS_timer_getoverrun,
			      IMM(4 + 4 * i)))->flags = CRT_OPF_MAY_FAIL;
		commit_op(OP(&p, CRT_OP_EXPECT, CRT_CMP_EQ, NO, "no timer",
			     SLOT(0), IMM(-EINVAL)));
	}
	commit_op(SYS(&p, NO, NULL, SYS_exit_group, IMM(33)));
	run(&how, &r);
	CHECK(exited(&r, 33) && !*r.err, &r);
	/* An id that is past already. */
	image.timers.nr_posix = 1;
	image.posix[0].id = 0;
	image.posix[0].notify = SIGEV_NONE;
	how.before = make_timers_before;
	run(&how, &r);
	CHECK(exited(&r, 1), &r);
	CHECK(strstr(r.err, ": id of a timer: File exists\n"), &r);
}

static void test_process_wide(void)
{
	struct run how = image_begin(1);

	image.mm.child_subreaper = 1;
	image.mm.thp_disable = 1;
	image.mm.dumpable = 0;
	image.mm.membarrier = CRT_MB_PRIVATE_EXPEDITED;
	image.mm.mlock_future = 2;
	/* Since Linux 6.3; -1 without. */
	image.mm.mdwe = prctl(PR_GET_MDWE, 0, 0, 0, 0) >= 0;
	image.threads[0].record.pdeath_signal = SIGUSR2;
	commit_op(SYS(&p, NO, "subreaper", SYS_prctl,
		      IMM(PR_GET_CHILD_SUBREAPER), ADDR(0)));
	commit_op(OP(&p, CRT_OP_EXPECT, CRT_CMP_EQ, NO, "subreaper", SLOT(0),
		     IMM(1)));
	commit_op(SYS(&p, 0, "thp", SYS_prctl, IMM(PR_GET_THP_DISABLE)));
	commit_op(OP(&p, CRT_OP_EXPECT, CRT_CMP_EQ, NO, "thp", SLOT(0),
		     IMM(1)));
	commit_op(SYS(&p, 0, "dumpable", SYS_prctl, IMM(PR_GET_DUMPABLE)));
	commit_op(OP(&p, CRT_OP_EXPECT, CRT_CMP_EQ, NO, "dumpable", SLOT(0),
		     IMM(0)));
	commit_op(SYS(&p, 0, "mdwe", SYS_prctl, IMM(PR_GET_MDWE), IMM(0),
		      IMM(0), IMM(0), IMM(0)))->flags = CRT_OPF_MAY_FAIL;
	if (image.mm.mdwe)
		commit_op(OP(&p, CRT_OP_EXPECT, CRT_CMP_EQ, NO, "mdwe",
			     SLOT(0), IMM(1)));
	/* Refused (EPERM) when it is not registered. */
	commit_op(SYS(&p, NO, "membarrier", SYS_membarrier, IMM(1 << 3)));
	commit_op(SYS(&p, NO, "pdeath", SYS_prctl, IMM(PR_GET_PDEATHSIG),
		      ADDR(0)));
	commit_op(OP(&p, CRT_OP_EXPECT, CRT_CMP_EQ, NO, "pdeath", SLOT(0),
		     IMM(SIGUSR2)));
	commit_op(SYS(&p, NO, NULL, SYS_exit_group, IMM(33)));
	run(&how, &r);
	CHECK(exited(&r, 33) && !*r.err, &r);
}

static void test_options(void)
{
	struct run how = image_begin(1);

	how.argv = (const char *[]){ "-d", NULL };
	run(&how, &r);
	CHECK(exited(&r, CRT_EXIT_USAGE), &r);
	how.argv = (const char *[]){ "--help", NULL };
	run(&how, &r);
	CHECK(exited(&r, 0) && *r.out, &r);
}

void test_core(void)
{
	test_commit_fails();
	test_threads();
	test_tids();
	test_signals();
	test_timers();
	test_process_wide();
	test_options();
}
