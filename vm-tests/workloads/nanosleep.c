// SPDX-License-Identifier: Apache-2.0
/*
 * One thread in each kind of timed wait. Interrupted by a stop, each must go on
 * with its remainder: end no earlier than asked for, and never with EINTR.
 * Argument: seconds (default 3). PASS is followed by the times seen.
 */
#include "workload.h"

#include <poll.h>
#include <pthread.h>
#include <sys/select.h>
#include <time.h>

static struct timespec request;
static int futex_word = 5;

static struct timespec monotonic(void)
{
	struct timespec t;

	must(clock_gettime(CLOCK_MONOTONIC, &t));
	return t;
}

static struct timespec deadline(clockid_t clock)
{
	struct timespec t;

	must(clock_gettime(clock, &t));
	t.tv_sec += request.tv_sec;
	return t;
}

static long do_nanosleep(void)
{
	return syscall(SYS_nanosleep, &request, NULL);
}

static long do_nanosleep_rem(void)
{
	struct timespec rem;

	return syscall(SYS_nanosleep, &request, &rem);
}

static long do_clock_relative(void)
{
	return syscall(SYS_clock_nanosleep, CLOCK_MONOTONIC, 0, &request, NULL);
}

static long do_clock_realtime(void)
{
	return syscall(SYS_clock_nanosleep, CLOCK_REALTIME, 0, &request, NULL);
}

static long do_clock_absolute(void)
{
	struct timespec t = deadline(CLOCK_MONOTONIC);

	return syscall(SYS_clock_nanosleep, CLOCK_MONOTONIC, TIMER_ABSTIME, &t, NULL);
}

static long do_poll(void)
{
	return syscall(SYS_poll, NULL, 0, (int)request.tv_sec * 1000);
}

static long do_ppoll(void)
{
	struct timespec t = request;

	return syscall(SYS_ppoll, NULL, 0, &t, NULL, 8);
}

static long do_select(void)
{
	struct timeval t = { .tv_sec = request.tv_sec };

	return syscall(SYS_select, 0, NULL, NULL, NULL, &t);
}

static long do_pselect(void)
{
	struct timespec t = request;

	return syscall(SYS_pselect6, 0, NULL, NULL, NULL, &t, NULL);
}

static long timed_out(long ret)
{
	return ret == -1 && errno == ETIMEDOUT ? 0 : ret;
}

static long do_futex(void)
{
	/* FUTEX_WAIT | FUTEX_PRIVATE_FLAG */
	return timed_out(syscall(SYS_futex, &futex_word, 128, 5, &request, NULL, 0));
}

static long do_futex_absolute(void)
{
	struct timespec t = deadline(CLOCK_MONOTONIC);

	/* FUTEX_WAIT_BITSET | FUTEX_PRIVATE_FLAG */
	return timed_out(syscall(SYS_futex, &futex_word, 9 | 128, 5, &t, NULL, -1));
}

struct sleeper {
	const char *name;
	long (*sleep)(void);
	pthread_t thread;
	double elapsed;
	long ret;
	int err;
	volatile bool started;
};

static struct sleeper sleepers[] = {
	{ .name = "nanosleep", .sleep = do_nanosleep },
	{ .name = "nanosleep with remainder", .sleep = do_nanosleep_rem },
	{ .name = "clock_nanosleep", .sleep = do_clock_relative },
	{ .name = "clock_nanosleep CLOCK_REALTIME", .sleep = do_clock_realtime },
	{ .name = "clock_nanosleep TIMER_ABSTIME", .sleep = do_clock_absolute },
	{ .name = "poll", .sleep = do_poll },
	{ .name = "ppoll", .sleep = do_ppoll },
	{ .name = "select", .sleep = do_select },
	{ .name = "pselect", .sleep = do_pselect },
	{ .name = "futex", .sleep = do_futex },
	{ .name = "futex absolute", .sleep = do_futex_absolute },
};

#define SLEEPERS (sizeof(sleepers) / sizeof(sleepers[0]))

static void *work(void *arg)
{
	struct sleeper *s = arg;
	struct timespec from = monotonic(), to;

	s->started = true;
	s->ret = s->sleep();
	s->err = errno;
	to = monotonic();
	s->elapsed = to.tv_sec - from.tv_sec + (to.tv_nsec - from.tv_nsec) / 1e9;
	return NULL;
}

static void build(int argc, char **argv)
{
	request.tv_sec = wl_arg(argc, argv, 1, 3);
	for (size_t i = 0; i < SLEEPERS; i++)
		must_zero(pthread_create(&sleepers[i].thread, NULL, work, &sleepers[i]));
	for (size_t i = 0; i < SLEEPERS; i++)
		while (!sleepers[i].started)
			usleep(1000);
	/* Started is not yet asleep: let every thread reach its system call. */
	usleep(50000);
}

static void check(void)
{
	for (size_t i = 0; i < SLEEPERS; i++) {
		struct sleeper *s = &sleepers[i];

		must_zero(pthread_join(s->thread, NULL));
		expect(s->ret == 0, "%s returned %ld, errno %s", s->name, s->ret, strerror(s->err));
		expect(s->elapsed >= request.tv_sec - 0.002, "%s: slept %.3f s of %ld s", s->name, s->elapsed,
		       (long)request.tv_sec);
		wl_remark("%s: %.3f s\n", s->name, s->elapsed);
	}
}

static void spoil(void)
{
	/* A wake-up before the time is what a lost remainder looks like. */
	syscall(SYS_futex, &futex_word, 1 | 128, 1, NULL, NULL, 0);
}

const struct workload workload = { build, NULL, check, spoil };
