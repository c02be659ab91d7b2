// SPDX-License-Identifier: GPL-2.0
/* Signal actions and pending signals. All signals stay blocked till COMMIT. */
#include "restorer.h"

void signals_block(void)
{
	__u64 all = ~0ull;

	sys_4(NR_rt_sigprocmask, SIG_SETMASK, &all, NULL, sizeof(all));
}

void signals_await_children(void)
{
	__u64 action[4] = { SIG_DFL_, 0, 0, 0 };

	sys_4(NR_rt_sigaction, SIGCHLD, action, NULL, sizeof(__u64));
}

/*
 * Takes away what was sent to the process while it was none yet (the SIGCHLD
 * of a helper, say). For the first thread, before there are others.
 */
void signals_drain(void)
{
	struct sys_timespec now = { 0, 0 };
	__u64 all = ~0ull;
	long ret;

	do {
		ret = sys_4(NR_rt_sigtimedwait, &all, NULL, &now, sizeof(all));
	} while (ret > 0 || ret == -EINTR);
}

void signals_set_actions(struct restorer *r)
{
	const struct crt_signals *signals = at(r->args->signals);
	__u32 sig;
	long ret;

	for (sig = 1; signals && sig <= CRT_NSIG; sig++) {
		if (sig == SIGKILL || sig == SIGSTOP)
			continue;
		ret = sys_4(NR_rt_sigaction, sig, &signals->actions[sig - 1],
			    NULL, sizeof(__u64));
		if (ret < 0)
			fail_own(r, 0, ret, "signal actions");
	}
}

static bool queueable(const struct sys_siginfo *info)
{
	return info->signo >= 1 && info->signo <= (int)CRT_NSIG &&
	       info->signo != SIGKILL && info->signo != SIGSTOP;
}

/* Only the thread whose tid is the pid may pretend any sender (kernel/signal.c). */
void signals_queue_process(struct restorer *r)
{
	const struct crt_signals *signals = at(r->args->signals);
	const struct sys_siginfo *info;
	__u32 i;
	long ret;

	if (!signals)
		return;
	info = (const void *)(signals + 1);
	for (i = 0; i < signals->nr_pending; i++, info++) {
		if (!queueable(info))
			continue;
		ret = sys_3(NR_rt_sigqueueinfo, getpid_now(), info->signo,
			    info);
		if (ret < 0)
			fail_own(r, 0, ret, "pending signals");
	}
}

void signals_queue_thread(struct restorer *r,
			  const struct crt_thread *thread)
{
	const struct sys_siginfo *info = (const void *)(thread + 1);
	__u32 i;
	long ret;

	for (i = 0; i < thread->nr_pending; i++, info++) {
		if (!queueable(info))
			continue;
		ret = sys_4(NR_rt_tgsigqueueinfo, getpid_now(),
			    sys_0(NR_gettid), info->signo, info);
		if (ret < 0)
			fail_own(r, 0, ret, "pending signals of a thread");
	}
}
