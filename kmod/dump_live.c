// SPDX-License-Identifier: GPL-2.0
/* Whether a process is stopped, and whether it ran since. */

#include <linux/cgroup.h>
#include <linux/delay.h>
#include <linux/freezer.h>
#include <linux/jiffies.h>
#include <linux/ptrace.h>
#include <linux/sched/signal.h>
#include <linux/sched/task.h>
#include <linux/sched/task_stack.h>
#include <linux/slab.h>

#include "crtools.h"
#include "dump.h"

/* How long a stopped thread may take to leave the CPU for good. */
#define CRT_ASLEEP_MS	1000

/*
 * The stopped states in which no more of the thread's own code can run until
 * someone lets it. The flags of the first two are cleared before the thread
 * is woken, under the siglock.
 */
bool crt_is_stopped(struct task_struct *task)
{
	unsigned int state;

	if (task_is_stopped_or_traced(task))
		return true;
	state = READ_ONCE(task->__state);
	if (state & TASK_FROZEN)
		return true;
	/* The freezer of cgroup v2; a sleep in vfork() is not interruptible. */
	return cgroup_task_frozen(task) &&
	       (READ_ONCE(task->jobctl) & JOBCTL_TRAP_FREEZE) &&
	       (state & TASK_INTERRUPTIBLE);
}

/*
 * A thread counts as stopped a while before it sleeps: in between it may be
 * preempted, and on PREEMPT_RT wait for a lock. It runs once more then. One
 * that sleeps looks the same for the moment in which a late dequeue ends.
 */
static bool crt_runs_yet(struct task_struct *task)
{
	/* What the thread did before it left the CPU is seen after this. */
	return smp_load_acquire(&task->on_cpu) || crt_in_run_queue(task) ||
	       READ_ONCE(task->__state) & TASK_RTLOCK_WAIT;
}

/* Dead threads are no part of the image. */
static bool crt_is_dead(struct task_struct *task)
{
	return READ_ONCE(task->exit_state) != 0;
}

/* It goes off the CPU, if it has not yet, and its counts stay what they are. */
static bool crt_is_still(struct task_struct *task)
{
	return crt_is_stopped(task) || crt_is_dead(task);
}

static int crt_wait_asleep(struct task_struct *task)
{
	int ms;

	for (ms = 0; crt_runs_yet(task); ms++) {
		if (ms >= CRT_ASLEEP_MS || !crt_is_still(task))
			return -EBUSY;
		if (msleep_interruptible(1))
			return -ERESTARTSYS;
	}
	return crt_is_still(task) ? 0 : -EBUSY;
}

/* What the entry code puts into ax until the call has a result: errno 38. */
#define CRT_NO_RESULT	(-38)

/* Inside a system call that has not returned: no state to continue from. */
static bool crt_in_syscall(struct task_struct *task)
{
	struct pt_regs *regs = task_pt_regs(task);

	return (long)regs->orig_ax >= 0 && (long)regs->ax == CRT_NO_RESULT;
}

/*
 * Stops by ptrace and by the older freezer happen inside system calls as
 * well, the others only on the way back to user mode.
 */
static int crt_check_stop(struct task_struct *task)
{
	bool in_event = false, exiting = false;
	struct sighand_struct *sighand;
	unsigned long flags;

	if (READ_ONCE(task->__state) & TASK_FROZEN)
		return crt_in_syscall(task) ? -EBUSY : 0;

	sighand = crt_lock_sighand(task, &flags);
	if (!sighand)
		return -ESRCH;
	if (task_is_traced(task) && task->last_siginfo &&
	    task->last_siginfo->si_signo == SIGTRAP) {
		int event = task->last_siginfo->si_code >> 8;

		in_event = event != PTRACE_EVENT_STOP;
		exiting = event == PTRACE_EVENT_EXIT;
	}
	spin_unlock_irqrestore(&sighand->siglock, flags);

	if (exiting || (in_event && crt_in_syscall(task)))
		return -EBUSY;
	return 0;
}

/* Takes references of all threads that live. */
static int crt_gather(struct crt_dumper *dumper)
{
	struct signal_struct *sig = dumper->leader->signal;
	struct task_struct *task;
	u32 room, nr;
	int ret = 0;

again:
	room = READ_ONCE(sig->nr_threads) + 8;
	if (room > CRT_MAX_THREADS)
		return -E2BIG;
	dumper->threads = kvcalloc(room, sizeof(*dumper->threads),
				   CRT_GFP_LARGE);
	if (!dumper->threads)
		return -ENOMEM;

	nr = 1;
	rcu_read_lock();
	__for_each_thread(sig, task) {
		if (crt_is_dead(task))
			continue;
		if (task != dumper->leader && nr == room) {
			ret = -EAGAIN;
			break;
		}
		/* Registers are on the stack, which goes before the task. */
		if (!try_get_task_stack(task))
			continue;
		get_task_struct(task);
		dumper->threads[task == dumper->leader ? 0 : nr++] = task;
	}
	rcu_read_unlock();
	dumper->nr_threads = nr;

	if (ret == -EAGAIN) {
		crt_live_close(dumper);
		ret = 0;
		goto again;
	}
	/* The leader has ended, other threads live on. */
	if (!dumper->threads[0])
		return nr > 1 ? -EOPNOTSUPP : -ESRCH;
	return 0;
}

void crt_live_close(struct crt_dumper *dumper)
{
	u32 i;

	if (!dumper->threads)
		return;
	for (i = 0; i < dumper->nr_threads; i++) {
		if (!dumper->threads[i])
			continue;
		crt_call(put_task_stack)(dumper->threads[i]);
		put_task_struct(dumper->threads[i]);
	}
	kvfree(dumper->threads);
	dumper->threads = NULL;
}

/*
 * -ESTALE if a thread is not stopped, with *yet one that may still be on its
 * way to sleep.
 *
 * Switches are those of all threads that ever were. If a thread's went away
 * with it, a process that ran could come back to the number it had before.
 */
static int crt_add_runs(struct signal_struct *sig, struct mm_struct *mm,
			struct crt_run_count *ret, struct task_struct **yet)
{
	struct task_struct *task;

	*yet = NULL;
	ret->switches = READ_ONCE(sig->nvcsw) + READ_ONCE(sig->nivcsw);
	ret->threads = 0;
	__for_each_thread(sig, task) {
		if (!crt_is_dead(task)) {
			if (READ_ONCE(task->mm) != mm || !crt_is_stopped(task))
				return -ESTALE;
			ret->threads++;
		}
		if (crt_runs_yet(task)) {
			*yet = task;
			return -ESTALE;
		}
		ret->switches += READ_ONCE(task->nvcsw) +
				 READ_ONCE(task->nivcsw);
	}
	return 0;
}

/*
 * Counts what changes when a thread runs. -ESTALE as crt_add_runs(), *yet being
 * a reference; -EAGAIN if a thread left the list meanwhile.
 */
static int crt_try_count_runs(struct task_struct *leader, struct mm_struct *mm,
			      struct crt_run_count *ret,
			      struct task_struct **yet)
{
	struct signal_struct *sig = leader->signal;
	unsigned int seq;
	int error;

	rcu_read_lock();
	/* Its counts are the process's then: both under this lock. */
	seq = read_seqbegin(&sig->stats_lock);
	error = crt_add_runs(sig, mm, ret, yet);
	if (*yet)
		get_task_struct(*yet);
	if (!error && read_seqretry(&sig->stats_lock, seq))
		error = -EAGAIN;
	rcu_read_unlock();
	return error;
}

/* The same of threads that sleep: waits for those on their way to it. */
static int crt_count_runs(struct task_struct *leader, struct mm_struct *mm,
			  struct crt_run_count *ret)
{
	unsigned long until = jiffies + msecs_to_jiffies(CRT_ASLEEP_MS);
	struct task_struct *yet;
	int error;

	do {
		cond_resched();
		error = crt_try_count_runs(leader, mm, ret, &yet);
		if (yet) {
			error = crt_wait_asleep(yet) ?: -EAGAIN;
			put_task_struct(yet);
		}
	} while (error == -EAGAIN && time_before(jiffies, until));
	return error && error != -ERESTARTSYS ? -ESTALE : error;
}

/* Another process on the same memory would go on changing it. */
static bool crt_mm_is_shared(struct crt_dumper *dumper)
{
	struct task_struct *process, *task;
	bool ret = false;

	/* One for each thread, and ours. */
	if (atomic_read(&dumper->mm->mm_users) <= dumper->nr_threads + 1)
		return false;
	rcu_read_lock();
	for_each_process_thread(process, task) {
		if (READ_ONCE(task->mm) == dumper->mm &&
		    task->signal != dumper->leader->signal &&
		    !(READ_ONCE(task->flags) & PF_KTHREAD)) {
			ret = true;
			goto out;
		}
	}
out:
	rcu_read_unlock();
	return ret;
}

int crt_live_open(struct crt_dumper *dumper)
{
	u32 i;
	int ret;

	ret = crt_gather(dumper);
	if (ret)
		return ret;
	for (i = 0; i < dumper->nr_threads; i++) {
		struct task_struct *task = dumper->threads[i];

		if (READ_ONCE(task->mm) != dumper->mm || !crt_is_stopped(task))
			return -EBUSY;
		ret = crt_wait_asleep(task);
		if (ret)
			return ret;
	}
	ret = crt_count_runs(dumper->leader, dumper->mm, &dumper->dump->ran);
	if (ret == -ERESTARTSYS)
		return ret;
	if (ret || dumper->dump->ran.threads != dumper->nr_threads)
		return -EBUSY;
	/* What runs from here on is noticed in the end (crt_live_check()). */
	for (i = 0; i < dumper->nr_threads; i++) {
		struct task_struct *task = dumper->threads[i];

		ret = crt_check_stop(task);
		if (ret)
			return ret;
		/* Of each: threads may have credentials of their own. */
		if (!crt_call(ptrace_may_access)(task,
						 PTRACE_MODE_ATTACH_FSCREDS))
			return -EACCES;
	}
	if (crt_mm_is_shared(dumper))
		return -EOPNOTSUPP;
	return 0;
}

int crt_live_check(const struct crt_dump *dump)
{
	struct crt_run_count ran;
	int ret;

	ret = crt_count_runs(dump->leader, dump->mm, &ran);
	if (ret)
		return ret;
	if (!ran.threads)
		return -ESRCH;
	return ran.threads == dump->ran.threads &&
	       ran.switches == dump->ran.switches ? 0 : -ESTALE;
}
