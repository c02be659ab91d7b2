// SPDX-License-Identifier: GPL-2.0
/*
 * The restart block: what restart_syscall(2) continues after a signal that
 * nobody handled, or here: after a checkpoint. The kernel's own functions are
 * put back into it, with the time that remained counted from now.
 */

#include <linux/alarmtimer.h>
#include <linux/capability.h>
#include <linux/restart_block.h>
#include <linux/thread_info.h>
#include <linux/timekeeping.h>

#include "binfmt.h"

int crt_restart_check(const struct crt_thread *record)
{
	switch (record->restart) {
	case CRT_RESTART_ALARM_NANOSLEEP:
		if (!crt_function_exists(alarm_timer_nsleep_restart))
			return -CRT_ERR_HOST;
		if (!capable(CAP_WAKE_ALARM))
			return -EPERM;
		switch (record->restart_clock) {
		case CLOCK_REALTIME_ALARM:
		case CLOCK_BOOTTIME_ALARM:
			break;
		default:
			return -CRT_ERR_CORRUPT;
		}
		return record->restart_type <= TT_NATIVE ? 0 :
							   -CRT_ERR_CORRUPT;
	case CRT_RESTART_NANOSLEEP:
		switch (record->restart_clock) {
		case CLOCK_REALTIME:
		case CLOCK_MONOTONIC:
		case CLOCK_BOOTTIME:
		case CLOCK_TAI:
			break;
		default:
			return -CRT_ERR_CORRUPT;
		}
		fallthrough;
	case CRT_RESTART_CPU_NANOSLEEP:
		return record->restart_type <= TT_NATIVE ? 0 :
							   -CRT_ERR_CORRUPT;
	case CRT_RESTART_FUTEX:
		return crt_futex_flags_valid(record->restart_flags) ?
			       0 : -CRT_ERR_CORRUPT;
	default:
		return 0;
	}
}

/* A point of time on @clock, @remaining nanoseconds from now. */
static u64 crt_restart_expires(clockid_t clock, u64 remaining)
{
	u64 now;

	switch (clock) {
	case CLOCK_REALTIME:
	case CLOCK_REALTIME_ALARM:
		now = ktime_get_real_ns();
		break;
	case CLOCK_BOOTTIME:
	case CLOCK_BOOTTIME_ALARM:
		now = ktime_get_boottime_ns();
		break;
	case CLOCK_TAI:
		now = ktime_get_clocktai_ns();
		break;
	default:
		now = ktime_get_ns();
		break;
	}
	return min_t(u64, now + remaining, KTIME_MAX);
}

static u64 crt_restart_cpu_expires(clockid_t clock, u64 remaining)
{
	struct timespec64 now = {};

	/* An unknown clock: restarting the call answers with an error. */
	if (crt_call(posix_cpu_clock_get)(clock, &now))
		return remaining;
	return min_t(u64, timespec64_to_ns(&now) + remaining, KTIME_MAX);
}

static void crt_restart_set_sleep(struct restart_block *block,
				  const struct crt_thread *record)
{
	clockid_t clock = (s32)record->restart_clock;
	u64 remaining = record->restart_remaining_ns;

	if (record->restart == CRT_RESTART_CPU_NANOSLEEP) {
		block->nanosleep.expires =
			crt_restart_cpu_expires(clock, remaining);
	} else {
		block->nanosleep.expires =
			crt_restart_expires(clock, remaining);
	}
	/* Alarms keep their type here, which is not the clock. */
	if (clock == CLOCK_REALTIME_ALARM)
		clock = ALARM_REALTIME;
	else if (clock == CLOCK_BOOTTIME_ALARM)
		clock = ALARM_BOOTTIME;
	block->nanosleep.clockid = clock;
	block->nanosleep.type = record->restart_type;
	block->nanosleep.rmtp =
		(struct __kernel_timespec __user *)record->restart_ptr;
}

static void crt_restart_set_poll(struct restart_block *block,
				 const struct crt_thread *record)
{
	u64 end = crt_restart_expires(CLOCK_MONOTONIC,
				      record->restart_remaining_ns);
	struct timespec64 ts = ns_to_timespec64(end);

	block->poll.ufds = (struct pollfd __user *)record->restart_ptr;
	block->poll.nfds = record->restart_flags;
	block->poll.has_timeout = !!record->restart_has_timeout;
	crt_poll_set_end(block, ts);
}

static void crt_restart_set_futex(struct restart_block *block,
				  const struct crt_thread *record)
{
	clockid_t clock = record->restart_flags & CRT_FUTEX_REALTIME ?
			  CLOCK_REALTIME : CLOCK_MONOTONIC;

	block->futex.uaddr = (u32 __user *)record->restart_ptr;
	block->futex.val = record->restart_val;
	block->futex.flags = crt_futex_flags_to_kernel(record->restart_flags,
						       record->restart_has_timeout);
	block->futex.bitset = record->restart_bitset;
	block->futex.time = crt_restart_expires(clock,
						record->restart_remaining_ns);
	block->futex.uaddr2 = NULL;
}

void crt_restart_set(const struct crt_thread *record)
{
	struct restart_block *block = &current->restart_block;
	long (*fn)(struct restart_block *block);

	switch (record->restart) {
	case CRT_RESTART_NANOSLEEP:
		crt_restart_set_sleep(block, record);
		fn = crt_function(hrtimer_nanosleep_restart);
		break;
	case CRT_RESTART_ALARM_NANOSLEEP:
		crt_restart_set_sleep(block, record);
		fn = crt_function(alarm_timer_nsleep_restart);
		break;
	case CRT_RESTART_CPU_NANOSLEEP:
		crt_restart_set_sleep(block, record);
		fn = crt_function(posix_cpu_nsleep_restart);
		break;
	case CRT_RESTART_FUTEX:
		crt_restart_set_futex(block, record);
		fn = crt_function(futex_wait_restart);
		break;
	case CRT_RESTART_POLL:
		crt_restart_set_poll(block, record);
		fn = crt_function(do_restart_poll);
		break;
	default:
		fn = crt_function(do_no_restart_syscall);
		break;
	}
	set_restart_fn(block, fn);
}
