// SPDX-License-Identifier: GPL-2.0
/* Interval timers and POSIX timers. */

#include <linux/alarmtimer.h>
#include <linux/hrtimer.h>
#include <linux/pid.h>
#include <linux/pid_namespace.h>
#include <linux/posix-timers.h>
#include <linux/sched/cputime.h>
#include <linux/sched/signal.h>

#include "crtools.h"
#include "dump.h"

/* The CPU time that a clock of this process or of its threads shows. */
static u64 crt_cpu_clock(u32 which, const struct task_cputime *times)
{
	switch (which) {
	case CPUCLOCK_PROF:
		return times->utime + times->stime;
	case CPUCLOCK_VIRT:
		return times->utime;
	default:
		return times->sum_exec_runtime;
	}
}

static void crt_thread_cputime(struct task_struct *task,
			       struct task_cputime *times)
{
	times->utime = task->utime;
	times->stime = task->stime;
	times->sum_exec_runtime = task->se.sum_exec_runtime;
}

/*
 * The time of a CPU clock when the timers were sampled, or -EOPNOTSUPP if it
 * is another process's.
 * @pid: whose clock, NULL: the process's own.
 */
int crt_dump_cpu_clock(struct crt_dumper *dumper, struct pid *pid, u32 which,
		       bool thread, u64 *ret)
{
	struct task_struct *task = dumper->leader;
	struct task_cputime times = dumper->times;

	if (pid) {
		rcu_read_lock();
		task = pid_task(pid, PIDTYPE_PID);
		if (!task || task->signal != dumper->leader->signal)
			task = NULL;
		rcu_read_unlock();
		if (!task)
			return -EOPNOTSUPP;
	}
	if (thread)
		crt_thread_cputime(task, &times);
	*ret = crt_cpu_clock(which, &times);
	return 0;
}

/* Time until an hour that may have passed; what has passed fires at once. */
static u64 crt_until(u64 expires, u64 now)
{
	return expires > now ? expires - now : 1;
}

/* The same for a timer that waits to be set again when its signal is taken. */
static u64 crt_until_next(u64 expires, u64 now, u64 interval)
{
	u64 passed;

	if (expires > now)
		return expires - now;
	div64_u64_rem(now - expires, interval, &passed);
	return interval - passed;
}

static u64 crt_hrtimer_until(const struct hrtimer *timer, u64 interval,
			     bool armed)
{
	s64 left = ktime_to_ns(__hrtimer_get_remaining(timer, true));

	if (armed || hrtimer_callback_running((struct hrtimer *)timer))
		return left > 0 ? left : 1;
	if (!interval)
		return 0;
	return left > 0 ? left : crt_until_next(0, -left, interval);
}

static int crt_cpu_timer_until(struct crt_dumper *dumper,
			       struct k_itimer *timer, u64 interval, u64 *ret)
{
	u64 expires = timer->it.cpu.node.expires;
	u64 now;
	int error;

	/*
	 * One that is being deleted has no pid any more (before 7.0). It is
	 * locked until it has left the list, which is under the lock we hold:
	 * in the other order, so there is no waiting for it.
	 */
	if (!spin_trylock(&timer->it_lock))
		return -EBUSY;
	error = crt_dump_cpu_clock(dumper, timer->it.cpu.pid,
				   CPUCLOCK_WHICH(timer->it_clock),
				   CPUCLOCK_PERTHREAD(timer->it_clock), &now);
	spin_unlock(&timer->it_lock);
	if (error)
		return error;
	if (!expires)
		*ret = 0;
	else if (interval)
		*ret = crt_until_next(expires, now, interval);
	else
		*ret = crt_until(expires, now);
	return 0;
}

static u64 crt_alarm_until(struct k_itimer *timer, u64 interval, bool armed)
{
	s64 left = ktime_to_ns(alarm_expires_remaining(&timer->it.alarm.alarmtimer));

	if (armed)
		return left > 0 ? left : 1;
	if (!interval)
		return 0;
	return left > 0 ? left : crt_until_next(0, -left, interval);
}

static void crt_sample_timer(struct crt_dumper *dumper, struct k_itimer *timer)
{
	struct pid_namespace *ns = crt_dump_pid_ns(dumper);
	struct sigqueue *sigq = crt_timer_sigqueue(timer);
	u64 interval = ktime_to_ns(timer->it_interval);
	struct crt_posix_timer *to;
	int error = 0;

	to = crt_buf_add(&dumper->timers, sizeof(*to));
	if (!to)
		return;
	to->id = timer->it_id;
	to->clock = timer->it_clock;
	to->notify = timer->it_sigev_notify;
	to->signo = sigq->info.si_signo;
	to->value = (unsigned long)sigq->info.si_value.sival_ptr;
	if (to->notify & SIGEV_THREAD_ID)
		to->tid = pid_nr_ns(timer->it_pid, ns);
	to->overrun = clamp_t(s64, timer->it_overrun_last, 0, INT_MAX);
	to->interval_ns = interval;
	if (timer->it_clock < 0)
		error = crt_cpu_timer_until(dumper, timer, interval,
					    &to->value_ns);
	else if (timer->it_clock == CLOCK_REALTIME_ALARM ||
		 timer->it_clock == CLOCK_BOOTTIME_ALARM)
		to->value_ns = crt_alarm_until(timer, interval,
					       crt_timer_armed(timer));
	else
		to->value_ns = crt_hrtimer_until(&timer->it.real.timer,
						 interval,
						 crt_timer_armed(timer));
	if (error)
		dumper->timers.error = error;
}

u32 crt_dump_count_timers(struct signal_struct *sig)
{
	struct k_itimer *timer;
	u32 nr = 0;

	crt_for_each_timer(timer, sig)
		nr++;
	return nr;
}

void crt_dump_sample_timers(struct crt_dumper *dumper)
{
	struct signal_struct *sig = dumper->leader->signal;
	struct k_itimer *timer;
	u32 i;

	dumper->itimer[ITIMER_REAL].interval_ns = ktime_to_ns(sig->it_real_incr);
	dumper->itimer[ITIMER_REAL].value_ns =
		crt_hrtimer_until(&sig->real_timer,
				  ktime_to_ns(sig->it_real_incr),
				  hrtimer_active(&sig->real_timer));

	/* Once: it goes through all threads, and there may be many timers. */
	crt_call(thread_group_cputime)(dumper->leader, &dumper->times);
	for (i = ITIMER_VIRTUAL; i <= ITIMER_PROF; i++) {
		u32 which = i == ITIMER_PROF ? CPUCLOCK_PROF : CPUCLOCK_VIRT;
		const struct cpu_itimer *it = &sig->it[which];

		dumper->itimer[i].interval_ns = it->incr;
		if (it->expires)
			dumper->itimer[i].value_ns =
				crt_until(it->expires,
					  crt_cpu_clock(which, &dumper->times));
	}
	crt_for_each_timer(timer, sig)
		crt_sample_timer(dumper, timer);
}

int crt_dump_write_timers(struct crt_dumper *dumper)
{
	struct crt_timers *note;

	if (dumper->timers.error)
		return dumper->timers.error;
	note = crt_buf_own_note(&dumper->notes, CRT_NT_TIMERS,
				sizeof(*note) + dumper->timers.len);
	if (!note)
		return dumper->notes.error;
	note->nr_posix = crt_buf_count(&dumper->timers,
				       sizeof(struct crt_posix_timer));
	memcpy(note->itimer, dumper->itimer, sizeof(note->itimer));
	memcpy(note + 1, dumper->timers.data, dumper->timers.len);
	return 0;
}
