// SPDX-License-Identifier: Apache-2.0
/*
 * One thread in each kind of timed wait. Interrupted by a stop, each must go on
 * with its remainder: end no earlier than asked for, and never with EINTR.
 * Argument: seconds (default 3). PASS is followed by the times seen. With more
 * than ENDLESS none may have ended when it is asked for the result; a signal ends
 * them then, and those that tell what they have left must not have lost any of it.
 */
#include "workload.h"

#include <dirent.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/select.h>
#include <time.h>

#define ENDLESS 1000	/* seconds */

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

/* What a call that a signal ended has left, for those that tell. */
static __thread struct timespec rem;

static long do_nanosleep_rem(void)
{
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
	rem = request;
	return syscall(SYS_ppoll, NULL, 0, &rem, NULL, 8);
}

static long do_select(void)
{
	struct timeval t = { .tv_sec = request.tv_sec };
	long ret = syscall(SYS_select, 0, NULL, NULL, NULL, &t);

	rem.tv_sec = t.tv_sec;
	rem.tv_nsec = t.tv_usec * 1000;
	return ret;
}

static long do_pselect(void)
{
	rem = request;
	return syscall(SYS_pselect6, 0, NULL, NULL, NULL, &rem, NULL);
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
	bool tells;	/* what it has left */
	pthread_t thread;
	double elapsed, left;
	long ret;
	int err;
	volatile pid_t started;
	volatile bool ended;
};

static struct sleeper sleepers[] = {
	{ .name = "nanosleep", .sleep = do_nanosleep },
	{ .name = "nanosleep with remainder", .sleep = do_nanosleep_rem, .tells = true },
	{ .name = "clock_nanosleep", .sleep = do_clock_relative },
	{ .name = "clock_nanosleep CLOCK_REALTIME", .sleep = do_clock_realtime },
	{ .name = "clock_nanosleep TIMER_ABSTIME", .sleep = do_clock_absolute },
	{ .name = "poll", .sleep = do_poll },
	{ .name = "ppoll", .sleep = do_ppoll, .tells = true },
	{ .name = "select", .sleep = do_select, .tells = true },
	{ .name = "pselect", .sleep = do_pselect, .tells = true },
	{ .name = "futex", .sleep = do_futex },
	{ .name = "futex absolute", .sleep = do_futex_absolute },
};

#define SLEEPERS (sizeof(sleepers) / sizeof(sleepers[0]))

static void *work(void *arg)
{
	struct sleeper *s = arg;
	struct timespec from = monotonic(), to;

	s->started = gettid();
	s->ret = s->sleep();
	s->err = errno;
	to = monotonic();
	s->ended = true;
	s->left = rem.tv_sec + rem.tv_nsec / 1e9;
	s->elapsed = to.tv_sec - from.tv_sec + (to.tv_nsec - from.tv_nsec) / 1e9;
	return NULL;
}

/* Started is not yet asleep. After that all a thread does is its call. */
static void await_asleep(struct sleeper *s)
{
	char path[64], line[512], state = 0;

	while (!s->started)
		usleep(1000);
	snprintf(path, sizeof(path), "/proc/self/task/%d/stat", s->started);
	while (state != 'S') {
		FILE *file = fopen(path, "re");

		usleep(1000);
		if (!file || !fgets(line, sizeof(line), file))
			wl_fail("%s: %s", path, strerror(errno));
		fclose(file);
		state = strrchr(line, ')')[2];
	}
}

/* Without SA_RESTART: it ends a call. */
static void on_signal(int sig)
{
	(void)sig;
}

static void build(int argc, char **argv)
{
	struct sigaction ends = { .sa_handler = on_signal };

	must(sigaction(SIGUSR1, &ends, NULL));
	request.tv_sec = wl_arg(argc, argv, 1, 3);
	for (size_t i = 0; i < SLEEPERS; i++)
		must_zero(pthread_create(&sleepers[i].thread, NULL, work, &sleepers[i]));
	for (size_t i = 0; i < SLEEPERS; i++)
		await_asleep(&sleepers[i]);
}

static void check_ended(struct sleeper *s)
{
	must_zero(pthread_join(s->thread, NULL));
	expect(s->ret == 0, "%s returned %ld, errno %s", s->name, s->ret, strerror(s->err));
	expect(s->elapsed >= request.tv_sec - 0.002, "%s: slept %.3f s of %ld s", s->name, s->elapsed,
	       (long)request.tv_sec);
	wl_remark("%s: %.3f s\n", s->name, s->elapsed);
}

/* All threads but this one; by their tids of now, as libcs know those of then. */
static void signal_others(void)
{
	pid_t self = syscall(SYS_gettid), process = syscall(SYS_getpid);
	DIR *tasks = opendir("/proc/self/task");
	struct dirent *entry;

	if (!tasks)
		wl_fail("/proc/self/task: %s", strerror(errno));
	while ((entry = readdir(tasks))) {
		pid_t tid = atoi(entry->d_name);

		/* One that is on its way out ended too early, which is told of next. */
		if (tid && tid != self && syscall(SYS_tgkill, process, tid, SIGUSR1))
			expect(errno == ESRCH, "tgkill: %s", strerror(errno));
	}
	closedir(tasks);
}

static void check_asleep(struct sleeper *s)
{
	must_zero(pthread_join(s->thread, NULL));
	expect(s->ret == -1 && s->err == EINTR, "%s returned %ld, errno %s", s->name, s->ret, strerror(s->err));
	if (!s->tells)
		return;
	expect(s->left < request.tv_sec && s->left >= request.tv_sec - s->elapsed - 0.002,
	       "%s: %.3f s are left of %ld s after %.3f s", s->name, s->left, (long)request.tv_sec, s->elapsed);
}

static void check(void)
{
	bool endless = request.tv_sec > ENDLESS;

	for (size_t i = 0; endless && i < SLEEPERS; i++)
		expect(!sleepers[i].ended, "%s ended, errno %s", sleepers[i].name, strerror(sleepers[i].err));
	if (endless)
		signal_others();
	for (size_t i = 0; i < SLEEPERS; i++)
		(endless ? check_asleep : check_ended)(&sleepers[i]);
}

static void spoil(void)
{
	/* A wake-up before the time is what a lost remainder looks like. */
	syscall(SYS_futex, &futex_word, 1 | 128, 1, NULL, NULL, 0);
}

const struct workload workload = { build, NULL, check, spoil };
