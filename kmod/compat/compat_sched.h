/* SPDX-License-Identifier: GPL-2.0 */
#ifndef CRT_COMPAT_SCHED_H
#define CRT_COMPAT_SCHED_H

#include <linux/posix-timers.h>
#include <linux/rseq.h>
#include <linux/restart_block.h>
#include <linux/sched.h>
#include <linux/sched/coredump.h>
#include <linux/sched/signal.h>
#ifdef CRT_DUMPABLE_OF_TASK
#include <linux/sched/exec_state.h>
#endif

/* 7.0: the state of restartable sequences has a struct of its own. */
#ifdef CRT_RSEQ_STRUCT
#define crt_rseq_ptr(task)	((task)->rseq.usrptr)
#define crt_rseq_len(task)	((task)->rseq.len)
#define crt_rseq_sig(task)	((task)->rseq.sig)
#endif
#if defined(CRT_RSEQ_WITH_LEN) || defined(CRT_RSEQ_FIXED_LEN)
#define crt_rseq_ptr(task)	((task)->rseq)
#define crt_rseq_sig(task)	((task)->rseq_sig)
#endif
/* 6.3: its length is the program's choice. */
#ifdef CRT_RSEQ_WITH_LEN
#define crt_rseq_len(task)	((task)->rseq_len)
#endif
#ifdef CRT_RSEQ_FIXED_LEN
#define crt_rseq_len(task)	((void)(task), sizeof(struct rseq))
#endif

/* 6.12: a task that sleeps may stay in the run queue for a while. */
#ifdef CRT_DEQUEUED_LATE
static inline bool crt_in_run_queue(const struct task_struct *task)
{
	return READ_ONCE(task->on_rq) && !READ_ONCE(task->se.sched_delayed);
}
#endif
#ifdef CRT_DEQUEUED_AT_ONCE
#define crt_in_run_queue(task)	(READ_ONCE((task)->on_rq) != 0)
#endif

/* 7.0: state of futexes has a struct of its own. */
#ifdef CRT_ROBUST_IN_FUTEX
#define crt_robust_list(task)	((task)->futex.robust_list)
#endif
#ifdef CRT_ROBUST_IN_TASK
#define crt_robust_list(task)	((task)->robust_list)
#endif

/* 6.12: the list of POSIX timers is an hlist. */
#ifdef CRT_TIMERS_HLIST
#define crt_for_each_timer(timer, sig) \
	hlist_for_each_entry(timer, &(sig)->posix_timers, list)
#endif
#ifdef CRT_TIMERS_LIST
#define crt_for_each_timer(timer, sig) \
	list_for_each_entry(timer, &(sig)->posix_timers, list)
#endif

/*
 * 6.13: the signal is a part of the timer, which is in one of three states;
 * they are private to kernel/time/posix-timers.h.
 */
#ifdef CRT_TIMER_SIGQ_INSIDE
#define CRT_POSIX_TIMER_ARMED		1
#define crt_timer_sigqueue(timer)	(&(timer)->sigq)
#define crt_timer_armed(timer) \
	((timer)->it_status == CRT_POSIX_TIMER_ARMED)
#endif
#ifdef CRT_TIMER_SIGQ_POINTER
#define crt_timer_sigqueue(timer)	((timer)->sigq)
#define crt_timer_armed(timer)		((timer)->it_active != 0)
#endif

/* 7.2: whether a process may be dumped is not its memory's matter any more. */
#ifdef CRT_DUMPABLE_OF_TASK
static inline int crt_dumpable(const struct task_struct *task,
			       const struct mm_struct *mm)
{
	int ret;

	rcu_read_lock();
	ret = READ_ONCE(rcu_dereference(task->exec_state)->dumpable);
	rcu_read_unlock();
	return ret;
}
#endif
#ifdef CRT_DUMPABLE_OF_MM
static inline int crt_dumpable(const struct task_struct *task,
			       struct mm_struct *mm)
{
	return get_dumpable(mm);
}
#endif

/* 6.19: the end of a poll is one member. */
static inline struct timespec64
crt_poll_end(const struct restart_block *block)
{
#ifdef CRT_POLL_TIMESPEC
	return block->poll.end_time;
#endif
#ifdef CRT_POLL_SEC_NSEC
	return (struct timespec64){ block->poll.tv_sec, block->poll.tv_nsec };
#endif
}

static inline void crt_poll_set_end(struct restart_block *block,
				    struct timespec64 end)
{
#ifdef CRT_POLL_TIMESPEC
	block->poll.end_time = end;
#endif
#ifdef CRT_POLL_SEC_NSEC
	block->poll.tv_sec = end.tv_sec;
	block->poll.tv_nsec = end.tv_nsec;
#endif
}

/* 7.0: no inline wrapper around it. */
#ifdef CRT_LOCK_SIGHAND_INLINE
#define lock_task_sighand __lock_task_sighand
#endif

/* 7.0: sparse is told of locks by attributes of functions only. */
#ifdef CRT_COND_ACQUIRES_ONLY
#define crt_cond_lock(lock, cond)	((void)(lock), (cond))
#endif
#ifdef CRT_COND_LOCK
#define crt_cond_lock(lock, cond)	__cond_lock(lock, cond)
#endif

#endif
