// SPDX-License-Identifier: GPL-2.0
/* The restart block of an interrupted system call. */

#include <linux/pid.h>
#include <linux/posix-timers.h>
#include <linux/ptrace.h>
#include <linux/restart_block.h>
#include <linux/sched.h>
#include <linux/sched/task_stack.h>
#include <linux/timekeeping.h>

#include <asm/unistd.h>

#include "crtools.h"
#include "dump.h"

/* The thread will continue by restart_syscall(). */
static bool crt_will_restart(struct task_struct *task)
{
	struct pt_regs *regs = task_pt_regs(task);

	return (long)regs->ax == -ERESTART_RESTARTBLOCK ||
	       regs->ax == __NR_restart_syscall;
}

static u64 crt_clock_now(const struct crt_now *now, clockid_t clock)
{
	switch (clock) {
	case CLOCK_REALTIME:
		return now->real;
	case CLOCK_BOOTTIME:
		return now->boot;
	case CLOCK_TAI:
		return now->tai;
	default:
		return now->mono;
	}
}

static void crt_set_sleep(struct crt_thread *thread, u32 kind, clockid_t clock,
			  const struct restart_block *block, u64 now)
{
	thread->restart = kind;
	thread->restart_clock = clock;
	thread->restart_type = block->nanosleep.type == TT_NATIVE;
	thread->restart_ptr = (unsigned long)block->nanosleep.rmtp;
	thread->restart_has_timeout = 1;
	thread->restart_remaining_ns = block->nanosleep.expires - now;
}

/* A sleep on a CPU clock, of this process only. */
static int crt_set_cpu_sleep(struct crt_dumper *dumper,
			     struct crt_thread *thread,
			     const struct restart_block *block)
{
	clockid_t clock = block->nanosleep.clockid;
	struct pid *pid = NULL;
	u64 now;
	int ret;

	if (CPUCLOCK_PERTHREAD(clock))
		return -EOPNOTSUPP;
	if (CPUCLOCK_PID(clock) &&
	    CPUCLOCK_PID(clock) != pid_nr_ns(dumper->pid,
					     crt_dump_pid_ns(dumper)))
		return -EOPNOTSUPP;
	ret = crt_dump_cpu_clock(dumper, pid, CPUCLOCK_WHICH(clock), false,
				 &now);
	if (!ret)
		crt_set_sleep(thread, CRT_RESTART_CPU_NANOSLEEP, clock, block,
			      now);
	return ret;
}

static void crt_set_futex(struct crt_dumper *dumper, struct crt_thread *thread,
			  const struct restart_block *block)
{
	u32 flags = block->futex.flags;

	thread->restart = CRT_RESTART_FUTEX;
	thread->restart_ptr = (unsigned long)block->futex.uaddr;
	thread->restart_val = block->futex.val;
	thread->restart_bitset = block->futex.bitset;
	thread->restart_flags = crt_futex_flags_to_image(flags);
	if (!crt_futex_flags_has_timeout(flags))
		return;
	thread->restart_has_timeout = 1;
	thread->restart_remaining_ns = block->futex.time -
		(thread->restart_flags & CRT_FUTEX_REALTIME ?
			 dumper->now.real : dumper->now.mono);
}

static void crt_set_poll(struct crt_dumper *dumper, struct crt_thread *thread,
			 const struct restart_block *block)
{
	struct timespec64 end;

	thread->restart = CRT_RESTART_POLL;
	thread->restart_ptr = (unsigned long)block->poll.ufds;
	thread->restart_flags = block->poll.nfds;
	if (!block->poll.has_timeout)
		return;
	thread->restart_has_timeout = 1;
	end = crt_poll_end(block);
	thread->restart_remaining_ns = (u64)end.tv_sec * NSEC_PER_SEC +
				       end.tv_nsec - dumper->now.mono;
}

int crt_dump_restart(struct crt_dumper *dumper, struct task_struct *task,
		     struct crt_thread *thread)
{
	const struct restart_block *block = &task->restart_block;
	clockid_t clock = block->nanosleep.clockid;
	int ret = 0;

	if (!crt_will_restart(task))
		return 0;
	if (block->fn == crt_function(hrtimer_nanosleep_restart))
		crt_set_sleep(thread, CRT_RESTART_NANOSLEEP, clock, block,
			      crt_clock_now(&dumper->now, clock));
	else if (block->fn == crt_function(alarm_timer_nsleep_restart))
		/* There the clock is an enum alarmtimer_type. */
		crt_set_sleep(thread, CRT_RESTART_ALARM_NANOSLEEP,
			      clock ? CLOCK_BOOTTIME_ALARM :
				      CLOCK_REALTIME_ALARM, block,
			      clock ? dumper->now.boot : dumper->now.real);
	else if (block->fn == crt_function(posix_cpu_nsleep_restart))
		ret = crt_set_cpu_sleep(dumper, thread, block);
	else if (block->fn == crt_function(futex_wait_restart))
		crt_set_futex(dumper, thread, block);
	else if (block->fn == crt_function(do_restart_poll))
		crt_set_poll(dumper, thread, block);
	else if (block->fn != crt_function(do_no_restart_syscall))
		ret = -EOPNOTSUPP;
	if (thread->restart_remaining_ns < 0)
		thread->restart_remaining_ns = 0;
	return ret;
}
