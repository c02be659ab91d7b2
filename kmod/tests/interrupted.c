// SPDX-License-Identifier: GPL-2.0
/*
 * usage: interrupted CALL HANDLER SECONDS READY RESULT
 *
 * Waits in a system call for SECONDS, or for ever. HANDLER: plain or restart
 * (SA_RESTART) for SIGUSR1. READY is made before the call; RESULT gets one
 * line: what the call answered, how often the handler ran, how many tenths of
 * a second the call took, what remained of a sleep, and the signal mask.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/select.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static int seconds;

static int handled;

static void handler(int sig)
{
	(void)sig;
	__atomic_add_fetch(&handled, 1, __ATOMIC_SEQ_CST);
}

static long now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 10 + ts.tv_nsec / 100000000;
}

static struct timespec left;

static long run(const char *call)
{
	struct timespec ts = { seconds, 0 };
	struct pollfd none = { .fd = -1 };
	sigset_t mask, wanted;
	static int word;
	char byte;

	sigemptyset(&mask);
	sigaddset(&mask, SIGUSR2);
	if (!strcmp(call, "read"))
		return read(0, &byte, 1);
	if (!strcmp(call, "pause"))
		return pause();
	if (!strcmp(call, "nanosleep"))
		return syscall(SYS_nanosleep, &ts, &left);
	if (!strcmp(call, "sleep_boottime"))
		return syscall(SYS_clock_nanosleep, CLOCK_BOOTTIME, 0, &ts, &left);
	if (!strcmp(call, "sleep_until")) {
		clock_gettime(CLOCK_MONOTONIC, &ts);
		ts.tv_sec += seconds;
		return syscall(SYS_clock_nanosleep, CLOCK_MONOTONIC, TIMER_ABSTIME, &ts, NULL);
	}
	if (!strcmp(call, "poll"))
		return poll(&none, 1, seconds * 1000);
	if (!strcmp(call, "poll_forever"))
		return poll(&none, 1, -1);
	if (!strcmp(call, "ppoll"))
		return syscall(SYS_ppoll, &none, 1, NULL, &mask, 8);
	if (!strcmp(call, "select")) {
		struct timeval tv = { seconds, 0 };

		return select(0, NULL, NULL, NULL, &tv);
	}
	if (!strcmp(call, "futex"))
		return syscall(SYS_futex, &word, FUTEX_WAIT_PRIVATE, 0, &ts);
	if (!strcmp(call, "futex_shared"))
		return syscall(SYS_futex, &word, FUTEX_WAIT, 0, &ts);
	if (!strcmp(call, "futex_forever"))
		return syscall(SYS_futex, &word, FUTEX_WAIT_PRIVATE, 0, NULL);
	if (!strcmp(call, "sigsuspend"))
		return sigsuspend(&mask);
	if (!strcmp(call, "sigtimedwait")) {
		sigemptyset(&wanted);
		sigaddset(&wanted, SIGHUP);
		return sigtimedwait(&wanted, NULL, &ts);
	}
	if (!strcmp(call, "loop")) {
		while (!__atomic_load_n(&handled, __ATOMIC_SEQ_CST))
			;
		return 0;
	}
	return -2;
}

int main(int argc, char **argv)
{
	struct sigaction action = { .sa_handler = handler };
	sigset_t mask;
	long start, ret;
	FILE *file;
	int error;

	if (argc != 6)
		return 2;
	seconds = atoi(argv[3]);
	if (!strcmp(argv[2], "restart"))
		action.sa_flags = SA_RESTART;
	sigaction(SIGUSR1, &action, NULL);
	sigemptyset(&mask);
	sigaddset(&mask, SIGWINCH);
	sigprocmask(SIG_SETMASK, &mask, NULL);
	close(open(argv[4], O_CREAT | O_WRONLY, 0600));
	start = now();
	errno = 0;
	ret = run(argv[1]);
	error = errno;
	sigprocmask(SIG_SETMASK, NULL, &mask);
	file = fopen(argv[5], "w");
	fprintf(file, "%ld %s handled=%d took=%ld left=%ld mask=%lx\n", ret,
		ret < 0 ? strerrorname_np(error) : "-", handled,
		now() - start, left.tv_sec * 10 + left.tv_nsec / 100000000,
		*(unsigned long *)&mask);
	fclose(file);
	return 0;
}
