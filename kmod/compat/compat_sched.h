/* SPDX-License-Identifier: GPL-2.0 */
#ifndef CRT_COMPAT_SCHED_H
#define CRT_COMPAT_SCHED_H

#include <linux/posix-timers.h>
#include <linux/rseq.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>

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

/* 6.13: the signal is a part of the timer, and its state has names. */
#ifdef CRT_TIMER_SIGQ_INSIDE
#define crt_timer_sigqueue(timer)	(&(timer)->sigq)
#define crt_timer_armed(timer) \
	((timer)->it_status == POSIX_TIMER_ARMED)
#endif
#ifdef CRT_TIMER_SIGQ_POINTER
#define crt_timer_sigqueue(timer)	((timer)->sigq)
#define crt_timer_armed(timer)		((timer)->it_active != 0)
#endif

#endif
