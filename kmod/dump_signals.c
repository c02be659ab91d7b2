// SPDX-License-Identifier: GPL-2.0
/*
 * Signal actions, pending signals and timers, all of one moment: a timer that
 * fires meanwhile is either armed or has its signal pending.
 */

#include <linux/ptrace.h>
#include <linux/sched/signal.h>
#include <linux/signal.h>
#include <linux/slab.h>

#include "crtools.h"
#include "dump.h"

/* SIGKILL and SIGSTOP are never kept. */
static bool crt_keeps(int signo)
{
	return signo > 0 && signo <= CRT_NSIG && signo != SIGKILL &&
	       signo != SIGSTOP;
}

/*
 * A thread in a signal-delivery-stop: the signal has left the queue, but the
 * thread has not seen it. Those of breakpoints are the debugger's.
 */
static const kernel_siginfo_t *crt_undelivered(struct task_struct *task)
{
	const kernel_siginfo_t *info = task->last_siginfo;

	if (!task_is_traced(task) || !info || info->si_signo == SIGTRAP ||
	    info->si_code >> 8 == PTRACE_EVENT_STOP)
		return NULL;
	return crt_keeps(info->si_signo) ? info : NULL;
}

static struct sigpending *crt_pending(struct crt_dumper *dumper, u32 i)
{
	return i ? &dumper->threads[i - 1]->pending :
		   &dumper->leader->signal->shared_pending;
}

/* Signals that are pending without an entry in the queue: no memory for it. */
static u64 crt_bare_signals(struct sigpending *pending)
{
	u64 bare = pending->signal.sig[0];
	struct sigqueue *entry;

	list_for_each_entry(entry, &pending->list, list)
		if (valid_signal(entry->info.si_signo) && entry->info.si_signo)
			bare &= ~sigmask(entry->info.si_signo);
	return bare & ~(sigmask(SIGKILL) | sigmask(SIGSTOP));
}

static size_t crt_count_queue(struct crt_dumper *dumper, u32 i)
{
	struct sigpending *pending = crt_pending(dumper, i);
	struct sigqueue *entry;
	size_t nr;

	nr = hweight64(crt_bare_signals(pending));
	if (i && crt_undelivered(dumper->threads[i - 1]))
		nr++;
	list_for_each_entry(entry, &pending->list, list)
		nr += crt_keeps(entry->info.si_signo);
	return nr;
}

static void crt_add_info(struct crt_dumper *dumper, u32 i,
			 const kernel_siginfo_t *info)
{
	siginfo_t *to = crt_buf_add(&dumper->siginfos, sizeof(*to));

	if (!to)
		return;
	copy_siginfo_to_external(to, info);
	/* The kernel's own mark of a timer's signal. */
	if (info->si_code == SI_TIMER)
		to->si_sys_private = 0;
	dumper->queues[i].nr++;
}

static void crt_sample_queue(struct crt_dumper *dumper, u32 i)
{
	struct sigpending *pending = crt_pending(dumper, i);
	u64 bare = crt_bare_signals(pending);
	const kernel_siginfo_t *info;
	struct sigqueue *entry;
	int signo;

	dumper->queues[i].first = crt_buf_count(&dumper->siginfos,
						sizeof(siginfo_t));
	dumper->queues[i].nr = 0;
	info = i ? crt_undelivered(dumper->threads[i - 1]) : NULL;
	if (info)
		crt_add_info(dumper, i, info);
	list_for_each_entry(entry, &pending->list, list)
		if (crt_keeps(entry->info.si_signo))
			crt_add_info(dumper, i, &entry->info);
	for (signo = 1; signo <= CRT_NSIG; signo++) {
		kernel_siginfo_t made;

		if (!(bare & sigmask(signo)))
			continue;
		clear_siginfo(&made);
		made.si_signo = signo;
		made.si_code = SI_USER;
		crt_add_info(dumper, i, &made);
	}
}

static void crt_sample_actions(struct crt_dumper *dumper,
			       const struct k_sigaction *from)
{
	u32 i;

	for (i = 0; i < CRT_NSIG; i++) {
		struct crt_sigaction *to = &dumper->actions[i];

		to->handler = (unsigned long)from[i].sa.sa_handler;
		to->flags = from[i].sa.sa_flags;
		to->restorer = (unsigned long)from[i].sa.sa_restorer;
		to->mask = from[i].sa.sa_mask.sig[0];
	}
}

/* Under the siglock. -EAGAIN: there is no room, and now it is known how much. */
static int crt_sample(struct crt_dumper *dumper,
		      const struct sighand_struct *sighand, size_t *infos,
		      size_t *timers)
{
	size_t nr = 0, most = 0;
	u32 i;

	for (i = 0; i <= dumper->nr_threads; i++) {
		size_t one = crt_count_queue(dumper, i);

		nr += one;
		most = max(most, one);
	}
	if (most > CRT_MAX_PENDING)
		return -E2BIG;
	*infos = nr * sizeof(siginfo_t);
	*timers = crt_dump_count_timers(dumper->leader->signal) *
		  sizeof(struct crt_posix_timer);
	if (*infos > dumper->siginfos.room || *timers > dumper->timers.room)
		return -EAGAIN;

	for (i = 0; i <= dumper->nr_threads; i++)
		crt_sample_queue(dumper, i);
	crt_dump_sample_timers(dumper);
	crt_sample_actions(dumper, sighand->action);
	return 0;
}

int crt_dump_collect_signals(struct crt_dumper *dumper)
{
	size_t infos = 0, timers = 0;
	struct sighand_struct *sighand;
	unsigned long flags;
	int ret;

	BUILD_BUG_ON(sizeof(siginfo_t) != CRT_SIGINFO_SIZE);
	crt_buf_init(&dumper->siginfos,
		     2ULL * CRT_MAX_PENDING * sizeof(siginfo_t));
	crt_buf_init(&dumper->timers,
		     CRT_MAX_TIMERS * sizeof(struct crt_posix_timer));
	dumper->queues = kvcalloc(dumper->nr_threads + 1,
				  sizeof(*dumper->queues), CRT_GFP_LARGE);
	if (!dumper->queues)
		return -ENOMEM;
	do {
		ret = crt_buf_reserve(&dumper->siginfos, infos);
		if (!ret)
			ret = crt_buf_reserve(&dumper->timers, timers);
		if (ret)
			return ret;
		if (fatal_signal_pending(current))
			return -EINTR;
		sighand = crt_lock_sighand(dumper->leader, &flags);
		if (!sighand)
			return -ESRCH;
		ret = crt_sample(dumper, sighand, &infos, &timers);
		spin_unlock_irqrestore(&sighand->siglock, flags);
	} while (ret == -EAGAIN);
	return ret;
}

void crt_dump_free_signals(struct crt_dumper *dumper)
{
	crt_buf_free(&dumper->siginfos);
	crt_buf_free(&dumper->timers);
	kvfree(dumper->queues);
	dumper->queues = NULL;
}

int crt_dump_write_signals(struct crt_dumper *dumper)
{
	size_t size = dumper->queues[0].nr * sizeof(siginfo_t);
	struct crt_signals *note;

	note = crt_buf_own_note(&dumper->notes, CRT_NT_SIGNALS,
				sizeof(*note) + size);
	if (!note)
		return dumper->notes.error;
	note->nr_pending = dumper->queues[0].nr;
	memcpy(note->actions, dumper->actions, sizeof(note->actions));
	memcpy(note + 1, dumper->siginfos.data, size);
	return 0;
}
