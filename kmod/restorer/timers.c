// SPDX-License-Identifier: GPL-2.0
/* Interval timers and POSIX timers. */
#include "restorer.h"

#define NSEC_PER_SEC	1000000000ull

static const struct crt_posix_timer *timer_list(const struct crt_timers *timers)
{
	return (const void *)(timers + 1);
}

static __s32 tid_now(const struct restorer *r, __s32 tid)
{
	const struct crt_args_thread *threads = at(r->args->threads);
	__u32 i;

	for (i = 0; i < r->args->nr_threads; i++) {
		const struct crt_thread *thread = at(threads[i].record);

		if (thread->tid == tid)
			return r->tids[i];
	}
	return tid;
}

/*
 * A negative clock holds a pid or tid in its upper bits, inverted; 0 is the
 * caller's own. Its lowest two bits 3: a descriptor's clock (posix-timers.h).
 */
static __s32 clock_now(const struct restorer *r, __s32 clock)
{
	__s32 pid = ~(clock >> 3);

	if (clock >= 0 || (clock & 3) == 3 || !pid)
		return clock;
	return (~(__u32)tid_now(r, pid) << 3) | (clock & 7);
}

static void timer_create_one(struct restorer *r,
			     const struct crt_posix_timer *timer, bool exact)
{
	struct sys_sigevent event;
	__s32 id;
	long ret;

	memset(&event, 0, sizeof(event));
	event.value = timer->value;
	event.signo = timer->signo;
	event.notify = timer->notify;
	if (timer->notify & SIGEV_THREAD_ID)
		event.tid = tid_now(r, timer->tid);
	/* Until the kernel's counter of ids has come to the wanted one. */
	for (;;) {
		id = timer->id;
		ret = sys_3(NR_timer_create, clock_now(r, timer->clock),
			    &event, &id);
		if (exact && ret == -EBUSY)
			break;
		if (ret < 0)
			fail_own(r, 0, ret, "timer");
		if (id == timer->id)
			return;
		sys_1(NR_timer_delete, id);
		/* Counts upwards and never turns back: this one is past. */
		if (exact || id > timer->id)
			break;
	}
	fail_own(r, 0, EEXIST, "id of a timer");
}

/*
 * Kernels before 6.15 give ids upwards from 0, so the timers are made in the
 * order of their ids; newer ones take the wanted id when asked to.
 */
void timers_create(struct restorer *r)
{
	const struct crt_timers *timers = at(r->args->timers);
	const struct crt_posix_timer *list;
	__s64 last = -1;
	__u32 i, done;
	bool exact;

	if (!timers || !timers->nr_posix)
		return;
	list = timer_list(timers);
	exact = !sys_5(NR_prctl, PR_TIMER_CREATE_RESTORE_IDS, 1, 0, 0, 0);
	for (done = 0; done < timers->nr_posix; done++) {
		const struct crt_posix_timer *next = NULL;

		for (i = 0; i < timers->nr_posix; i++)
			if (list[i].id > last &&
			    (!next || list[i].id < next->id))
				next = &list[i];
		if (!next)
			fail_own(r, CRT_EXIT_CORRUPT, 0,
				 "two timers of one id");
		timer_create_one(r, next, exact);
		last = next->id;
	}
	if (exact)
		sys_5(NR_prctl, PR_TIMER_CREATE_RESTORE_IDS, 0, 0, 0, 0);
}

void timers_arm(struct restorer *r)
{
	const struct crt_timers *timers = at(r->args->timers);
	const struct crt_posix_timer *timer;
	__u32 i;
	long ret;

	if (!timers)
		return;
	for (i = 0; i < 3; i++) {
		/* A microsecond more rather than a timer that never fires. */
		__u64 value = (timers->itimer[i].value_ns + 999) / 1000;
		__u64 interval = (timers->itimer[i].interval_ns + 999) / 1000;
		struct sys_itimerval itimer = {
			interval / 1000000, interval % 1000000,
			value / 1000000, value % 1000000,
		};

		ret = sys_3(NR_setitimer, i, &itimer, NULL);
		if (ret < 0)
			fail_own(r, 0, ret, "interval timer");
	}
	timer = timer_list(timers);
	for (i = 0; i < timers->nr_posix; i++, timer++) {
		struct sys_itimerspec spec = {
			{ timer->interval_ns / NSEC_PER_SEC,
			  timer->interval_ns % NSEC_PER_SEC },
			{ timer->value_ns / NSEC_PER_SEC,
			  timer->value_ns % NSEC_PER_SEC },
		};

		/* An unarmed one may still have an interval to be told. */
		ret = sys_4(NR_timer_settime, timer->id, 0, &spec, NULL);
		if (ret < 0)
			fail_own(r, 0, ret, "timer");
	}
}
