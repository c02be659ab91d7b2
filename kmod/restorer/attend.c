// SPDX-License-Identifier: GPL-2.0
/*
 * The tree runs. Whoever started its image waits for us as for an ordinary
 * program: signals sent to us go on to the root, we stop when it stops, and we
 * end as it ends.
 *
 * Passed on: SIGHUP, SIGINT, SIGQUIT, SIGUSR1, SIGUSR2, SIGTERM, SIGTSTP,
 * SIGWINCH, and SIGCONT to a stopped root, to its whole process group if it
 * leads one. Not passed on: what the terminal sends to the whole process
 * group, if the root is in ours; what our caller had us ignore.
 */
#include "supervise.h"

struct attendance {
	__s32 root;
	bool root_stopped;
	bool root_gone;
	int status;		/* of wait4, when the root is gone */
};

void end_by_signal(int sig)
{
	struct sys_rlimit none = { 0, 0 };
	__u64 all_but = ~SIGBIT(sig);
	__u64 action[4] = { SIG_DFL_, 0, 0, 0 };

	/* Core dumps into a program heed no limit (core(5)). */
	sys_2(NR_setrlimit, RLIMIT_CORE, &none);
	sys_2(NR_prctl, PR_SET_DUMPABLE, 0);
	sys_4(NR_rt_sigaction, sig, action, NULL, sizeof(__u64));
	sys_2(NR_kill, getpid_now(), sig);
	sys_4(NR_rt_sigprocmask, SIG_SETMASK, &all_but, NULL, sizeof(all_but));
	/* Process 1 of a namespace is spared. */
	exit_process(128 + sig);
}

__u64 signals_ignored(void)
{
	__u64 ignored = 0, action[4];
	int sig;

	for (sig = 1; sig <= (int)CRT_NSIG; sig++)
		if (!sys_4(NR_rt_sigaction, sig, NULL, action, sizeof(__u64)) &&
		    action[0] == SIG_IGN_)
			ignored |= SIGBIT(sig);
	return ignored;
}

static void end_as(int status)
{
	if (status & 0x7f)
		end_by_signal(status & 0x7f);
	exit_process((status >> 8) & 0xff);
}

/* Job control: the shell is to see that its job has stopped. */
static void stop_too(struct attendance *a)
{
	a->root_stopped = true;
	if (getpid_now() != 1)
		sys_2(NR_kill, getpid_now(), SIGSTOP);
}

/* Buries whoever has ended; as process 1 of a namespace, orphans too. */
static void collect(struct attendance *a)
{
	int status;
	long pid;

	for (;;) {
		pid = sys_4(NR_wait4, -1, &status,
			    WNOHANG | WUNTRACED | WCONTINUED, NULL);
		if (pid == -ECHILD) {
			if (a->root_gone)
				end_as(a->status);
			exit_process(CRT_EXIT_FAILED);
		}
		if (pid <= 0)
			return;
		if (pid != a->root)
			continue;
		if ((status & 0xff) == 0x7f) {
			stop_too(a);
		} else if (status == 0xffff) {
			a->root_stopped = false;
		} else {
			a->root_gone = true;
			a->status = status;
			/* The end of process 1 would end all others. */
			if (getpid_now() != 1)
				end_as(status);
		}
	}
}

/*
 * Job control: the shell goes on with its job, which is our process group for
 * it. A root that leads a group of its own has that stopped by the terminal as
 * a whole, so it goes on as a whole, and takes our place in the foreground.
 */
static void go_on(const struct attendance *a)
{
	__s32 group = sys_1(NR_getpgid, a->root);
	__s32 own = sys_1(NR_getpgid, 0);
	__s32 foreground;
	int fd;

	if (group != a->root || group == own) {
		sys_2(NR_kill, a->root, SIGCONT);
		return;
	}
	for (fd = 0; fd <= 2; fd++) {
		if (sys_3(NR_ioctl, fd, TIOCGPGRP_, &foreground))
			continue;
		/* 0: a group outside of our pid namespace. */
		if (own > 0 && foreground == own)
			sys_3(NR_ioctl, fd, TIOCSPGRP_, &group);
		break;
	}
	sys_2(NR_kill, -group, SIGCONT);
}

static void pass_on(const struct attendance *a, const struct sys_siginfo *info)
{
	int sig = info->signo;

	if (a->root_gone) {
		if (sig == SIGTERM || sig == SIGINT || sig == SIGHUP)
			end_as(a->status);
		return;
	}
	if (sig == SIGCONT) {
		if (a->root_stopped)
			go_on(a);
		return;
	}
	if (info->code == SI_KERNEL &&
	    sys_1(NR_getpgid, a->root) == sys_1(NR_getpgid, 0))
		return;
	sys_2(NR_kill, a->root, sig);
}

void attend(__s32 root)
{
	__u64 passed = SIGBIT(SIGHUP) | SIGBIT(SIGINT) | SIGBIT(SIGQUIT) |
		       SIGBIT(SIGUSR1) | SIGBIT(SIGUSR2) | SIGBIT(SIGTERM) |
		       SIGBIT(SIGTSTP) | SIGBIT(SIGCONT) | SIGBIT(SIGWINCH);
	struct attendance a = { root, false, false, 0 };
	__u64 wanted = (passed & ~signals_ignored()) | SIGBIT(SIGCHLD);
	struct sys_siginfo info;
	long sig;

	/* Ends of the tree's pipes among them: they would never see the end. */
	sys_3(NR_close_range, 3, ~0u, 0);
	for (;;) {
		collect(&a);
		sig = sys_4(NR_rt_sigtimedwait, &wanted, &info, NULL,
			    sizeof(wanted));
		if (sig > 0 && sig != SIGCHLD)
			pass_on(&a, &info);
	}
}
