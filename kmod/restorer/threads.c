// SPDX-License-Identifier: GPL-2.0
/* The threads of a core image, up to the meeting in the module. */
#include "restorer.h"

/* At the top of a new thread's stack. */
struct thread_start {
	struct restorer *r;
	__u64 index;
};

static const struct crt_args_thread *thread_args(const struct restorer *r,
						 __u32 index)
{
	const struct crt_args_thread *threads = at(r->args->threads);

	return &threads[index];
}

static void futex_wait(__u32 *word, __u32 seen)
{
	sys_4(NR_futex, word, FUTEX_WAIT_PRIVATE, seen, NULL);
}

static void futex_wake(__u32 *word)
{
	sys_3(NR_futex, word, FUTEX_WAKE_PRIVATE, 0x7fffffff);
}

static void fail_thread(struct restorer *r,
			const struct crt_thread *thread, int exit_code,
			long error, const char *what)
{
	char label[CRT_REPORT_TEXT];
	struct text text;

	text_init(&text, label, sizeof(label));
	text_add_process(&text, r);
	text_add(&text, " thread ");
	text_add_number(&text, thread->tid);
	text_add(&text, ": ");
	text_add(&text, what);
	fail(r, CRT_NO_OP, exit_code, -error, label);
}

/*
 * A thread that has a new tid: C libraries (glibc, musl) keep the tid where
 * the kernel clears it at the thread's end. By system calls, as the memory
 * may be anything by now.
 */
static void tid_patch(const struct crt_thread *thread, __s32 tid)
{
	__s32 kept = 0;
	struct sys_iovec here = { (__u64)&kept, sizeof(kept) };
	struct sys_iovec there = { thread->clear_child_tid, sizeof(kept) };
	__s32 pid = getpid_now();

	if (!thread->clear_child_tid || thread->tid == tid)
		return;
	if (sys_6(NR_process_vm_readv, pid, &here, 1, &there, 1, 0) !=
	    sizeof(kept) || kept != thread->tid)
		return;
	kept = tid;
	sys_6(NR_process_vm_writev, pid, &here, 1, &there, 1, 0);
}

static void altstack_restore(struct restorer *r,
			     const struct crt_thread *thread)
{
	struct sys_altstack stack = {
		.sp = thread->altstack_sp,
		.size = thread->altstack_size,
		.flags = thread->altstack_flags,
	};
	long ret;

	if (!stack.size)
		return;
	ret = sys_2(NR_sigaltstack, &stack, NULL);
	if (ret < 0)
		fail_thread(r, thread, 0, ret, "alternate signal stack");
}

/* The credentials' surroundings: after the THREAD ops, which may set those. */
static void rights_restore(struct restorer *r, const struct crt_thread *thread)
{
	long now, ret;

	/* This one bit everybody may set (capabilities(7)); the rest not. */
	sys_2(NR_prctl, PR_SET_KEEPCAPS,
	      !!(thread->securebits & SECBIT_KEEP_CAPS));
	now = sys_1(NR_prctl, PR_GET_SECUREBITS);
	if (now >= 0 && now != thread->securebits) {
		ret = sys_2(NR_prctl, PR_SET_SECUREBITS, thread->securebits);
		if (ret < 0)
			warn(r, "securebits", -ret);
	}
	now = sys_5(NR_prctl, PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0);
	if (now == 0 && thread->no_new_privs) {
		ret = sys_5(NR_prctl, PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
		if (ret < 0)
			fail_thread(r, thread, 0, ret, "no_new_privs");
	} else if (now == 1 && !thread->no_new_privs) {
		warn(r, "cleared no_new_privs", EPERM);
	}
	/* A change of credentials has cleared it. */
	ret = sys_2(NR_prctl, PR_SET_PDEATHSIG, thread->pdeath_signal);
	if (ret < 0)
		warn(r, "parent death signal", -ret);
}

static void turn_take(struct restorer *r)
{
	__u32 seen = 0;

	if (__atomic_compare_exchange_n(&r->turn, &seen, 1, false,
					__ATOMIC_ACQUIRE, __ATOMIC_RELAXED))
		return;
	while (__atomic_exchange_n(&r->turn, 2, __ATOMIC_ACQUIRE))
		futex_wait(&r->turn, 2);
}

static void turn_leave(struct restorer *r)
{
	if (__atomic_exchange_n(&r->turn, 0, __ATOMIC_RELEASE) == 2)
		sys_3(NR_futex, &r->turn, FUTEX_WAKE_PRIVATE, 1);
}

/* What a thread does for itself before all meet. */
static void thread_restore(struct restorer *r, __u32 index)
{
	const struct crt_args_thread *mine = thread_args(r, index);
	const struct crt_thread *thread = at(mine->record);
	char comm[16];
	long ret;

	/* Nothing of ours uses them. */
	ret = sys_2(NR_arch_prctl, ARCH_SET_FS, mine->fs_base);
	if (!ret)
		ret = sys_2(NR_arch_prctl, ARCH_SET_GS, mine->gs_base);
	if (ret < 0)
		fail_thread(r, thread, 0, ret, "fs and gs base");
	memcpy(comm, thread->comm, sizeof(comm));
	comm[sizeof(comm) - 1] = '\0';
	ret = sys_2(NR_prctl, PR_SET_NAME, comm);
	if (ret < 0)
		fail_thread(r, thread, 0, ret, "name");
	if (thread->timer_slack_ns) {
		ret = sys_2(NR_prctl, PR_SET_TIMERSLACK,
			    thread->timer_slack_ns);
		if (ret < 0)
			warn(r, "timer slack", -ret);
	}
	altstack_restore(r, thread);
	/* One after the other: the program's slots and data are shared. */
	turn_take(r);
	interpret(r, CRT_PHASE_THREAD, index);
	turn_leave(r);
	rights_restore(r, thread);
	signals_queue_thread(r, thread);
}

/*
 * Late, as these make the end of a thread (a failure, still) write to the
 * image's memory.
 */
static void thread_attach(struct restorer *r, __u32 index)
{
	const struct crt_thread *thread = at(thread_args(r, index)->record);
	long ret;

	tid_patch(thread, sys_1(NR_set_tid_address, thread->clear_child_tid));
	if (thread->rseq_len) {
		ret = sys_4(NR_rseq, thread->rseq_ptr, thread->rseq_len, 0,
			    thread->rseq_sig);
		if (ret < 0)
			fail_thread(r, thread, 0, ret, "rseq");
	}
	if (thread->robust_list) {
		ret = sys_2(NR_set_robust_list, thread->robust_list,
			    thread->robust_list_len);
		if (ret < 0)
			fail_thread(r, thread, 0, ret, "robust futex list");
	}
}

/* Returns only if COMMIT fails. */
static void thread_commit(struct restorer *r, __u32 index)
{
	const struct crt_args_thread *mine = thread_args(r, index);
	const struct crt_thread *thread = at(mine->record);
	unsigned long argument = index;
	long ret;

	if (r->stop)
		argument |= CRT_COMMIT_STOP;
	ret = crt_commit(r->args, mine, argument);
	fail_thread(r, thread, 0, ret, "last step of restoring");
}

/* One more thread has done its part. */
static void arrive(__u32 *arrived)
{
	__atomic_add_fetch(arrived, 1, __ATOMIC_RELEASE);
	futex_wake(arrived);
}

static void await_others(struct restorer *r, __u32 *arrived)
{
	__u32 others = r->args->nr_threads - 1, seen;

	while ((seen = __atomic_load_n(arrived, __ATOMIC_ACQUIRE)) != others)
		futex_wait(arrived, seen);
}

static void release(struct restorer *r, __u32 step)
{
	__atomic_store_n(&r->released, step, __ATOMIC_RELEASE);
	futex_wake(&r->released);
}

static void await_release(struct restorer *r, __u32 step)
{
	__u32 seen;

	while ((seen = __atomic_load_n(&r->released, __ATOMIC_ACQUIRE)) < step)
		futex_wait(&r->released, seen);
}

static void thread_main(void *argument)
{
	const struct thread_start *start = argument;
	struct restorer *r = start->r;

	thread_restore(r, start->index);
	arrive(&r->finished);
	await_release(r, CRT_RELEASED_ATTACH);
	thread_attach(r, start->index);
	arrive(&r->attached);
	await_release(r, CRT_RELEASED_COMMIT);
	thread_commit(r, start->index);
}

void threads_attach(struct restorer *r)
{
	if (r->released)
		return;
	release(r, CRT_RELEASED_ATTACH);
	thread_attach(r, 0);
	await_others(r, &r->attached);
	timers_arm(r);
}

static void thread_start(struct restorer *r, __u32 index)
{
	const struct crt_args_thread *new = thread_args(r, index);
	const struct crt_thread *thread = at(new->record);
	struct thread_start *start =
		(struct thread_start *)(new->stack_top - sizeof(*start));
	__s32 tid = thread->tid;
	bool keep = (r->args->hdr_flags & CRT_HDR_KEEP_TIDS) && !r->new_pid;
	struct clone_args clone;
	long ret;

	start->r = r;
	start->index = index;
	memset(&clone, 0, sizeof(clone));
	clone.flags = CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND |
		      CLONE_THREAD | CLONE_SYSVSEM;
	clone.stack = new->stack_top - CRT_RESTORER_STACK;
	clone.stack_size = CRT_RESTORER_STACK - sizeof(*start);
	if (keep) {
		clone.set_tid = (__u64)&tid;
		clone.set_tid_size = 1;
	}
	ret = crt_clone3(&clone, sizeof(clone), thread_main, start);
	if (ret == -EPERM && keep) {
		warn(r, "thread ids", EPERM);
		clone.set_tid = 0;
		clone.set_tid_size = 0;
		ret = crt_clone3(&clone, sizeof(clone), thread_main, start);
	}
	if (ret == -EEXIST)
		fail_thread(r, thread, CRT_EXIT_PID_TAKEN, 0,
			    "its id is taken");
	if (ret < 0)
		fail_thread(r, thread, 0, ret, "cannot be started");
	r->tids[index] = ret;
}

void core_image_finish(struct restorer *r)
{
	__u32 others = r->args->nr_threads - 1;
	const struct crt_thread *first = at(thread_args(r, 0)->record);
	__u32 i;

	/*
	 * Stopped by a signal when it was dumped. Without a program that was
	 * merely what made the dump possible: the process goes on.
	 */
	if (r->program && (first->flags & CRT_THR_STOPPED))
		r->stop = true;
	signals_drain();
	signals_set_actions(r);
	process_restore(r);
	r->tids[0] = sys_0(NR_gettid);
	for (i = 1; i <= others; i++)
		thread_start(r, i);
	thread_restore(r, 0);
	await_others(r, &r->finished);
	dumpable_restore(r);
	timers_create(r);
	signals_queue_process(r);
	if (r->report_fd < 0)
		warnings_print(&r->warnings);
	interpret(r, CRT_PHASE_COMMIT, 0);
	threads_attach(r);
	release(r, CRT_RELEASED_COMMIT);
	thread_commit(r, 0);
	__builtin_unreachable();
}
