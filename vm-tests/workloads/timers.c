// SPDX-License-Identifier: Apache-2.0
/* Interval timers and POSIX timers, long ones (their remainder) and ones that fire all the while. */
#include "workload.h"

#include <sys/time.h>
#include <time.h>

#define LONG 5000

static volatile sig_atomic_t real_fired, posix_fired;
static timer_t far_timer, tick_timer, off_timer, thread_timer;

static void on_real(int sig)
{
	(void)sig;
	real_fired++;
}

static void on_posix(int sig, siginfo_t *info, void *context)
{
	(void)sig;
	(void)context;
	if (info->si_code == SI_TIMER && info->si_value.sival_int == 77)
		posix_fired++;
}

static void create(clockid_t clock, int notify, int sig, int value, timer_t *timer)
{
	struct sigevent event = { .sigev_notify = notify, .sigev_signo = sig };

	event.sigev_value.sival_int = value;
	/* The raw member: libcs differ in its name. */
	if (notify == SIGEV_THREAD_ID)
		memcpy((char *)&event + 16, &(int){ syscall(SYS_gettid) }, sizeof(int));
	must(timer_create(clock, &event, timer));
}

static void arm(timer_t timer, time_t value, long value_ns, time_t interval, long interval_ns)
{
	struct itimerspec spec = { .it_value = { value, value_ns }, .it_interval = { interval, interval_ns } };

	must(timer_settime(timer, 0, &spec, NULL));
}

static void build(int argc, char **argv)
{
	struct sigaction sa = { .sa_handler = on_real, .sa_flags = SA_RESTART };
	struct itimerval tick = { .it_value = { 0, 10000 }, .it_interval = { 0, 10000 } };
	struct itimerval cpu = { .it_value = { LONG, 0 }, .it_interval = { 7, 3000 } };

	(void)argc;
	(void)argv;
	must(sigaction(SIGALRM, &sa, NULL));
	sa.sa_flags = SA_SIGINFO | SA_RESTART;
	sa.sa_sigaction = on_posix;
	must(sigaction(SIGRTMIN + 2, &sa, NULL));
	must(setitimer(ITIMER_REAL, &tick, NULL));
	must(setitimer(ITIMER_VIRTUAL, &cpu, NULL));
	cpu.it_interval.tv_sec = 8;
	must(setitimer(ITIMER_PROF, &cpu, NULL));
	create(CLOCK_REALTIME, SIGEV_SIGNAL, SIGRTMIN + 1, 1, &off_timer);
	create(CLOCK_MONOTONIC, SIGEV_NONE, 0, 0, &far_timer);
	create(CLOCK_MONOTONIC, SIGEV_SIGNAL, SIGRTMIN + 2, 77, &tick_timer);
	create(CLOCK_MONOTONIC, SIGEV_THREAD_ID, SIGRTMIN + 3, 5, &thread_timer);
	/* The lowest number is free at the end: numbers must not be made anew in order. */
	must(timer_delete(off_timer));
	create(CLOCK_REALTIME, SIGEV_SIGNAL, SIGRTMIN + 1, 1, &off_timer);
	arm(far_timer, LONG, 0, 9, 5);
	arm(tick_timer, 0, 10000000, 0, 10000000);
	arm(thread_timer, LONG, 0, 0, 0);
}

static void expect_cpu(int which, time_t interval)
{
	struct itimerval now;

	must(getitimer(which, &now));
	expect(now.it_interval.tv_sec == interval && now.it_interval.tv_usec >= 3000 &&
	       now.it_interval.tv_usec < 12000, "itimer %d: interval %ld.%06ld", which,
	       (long)now.it_interval.tv_sec, (long)now.it_interval.tv_usec);
	expect(now.it_value.tv_sec > LONG - 1000 && now.it_value.tv_sec <= LONG, "itimer %d: %ld s left", which,
	       (long)now.it_value.tv_sec);
}

static void check(void)
{
	int real = real_fired, posix = posix_fired;
	struct itimerspec spec;
	struct itimerval now;

	must(getitimer(ITIMER_REAL, &now));
	expect(now.it_interval.tv_usec == 10000 && !now.it_interval.tv_sec, "ITIMER_REAL: interval");
	expect_cpu(ITIMER_VIRTUAL, 7);
	expect_cpu(ITIMER_PROF, 8);
	must(timer_gettime(far_timer, &spec));
	expect(spec.it_interval.tv_sec == 9 && spec.it_interval.tv_nsec == 5, "far timer: interval");
	expect(spec.it_value.tv_sec > LONG - 1000 && spec.it_value.tv_sec < LONG + 1, "far timer: %ld s left",
	       (long)spec.it_value.tv_sec);
	must(timer_gettime(thread_timer, &spec));
	expect(spec.it_value.tv_sec > LONG - 1000 && !spec.it_interval.tv_sec, "thread's timer");
	must(timer_gettime(off_timer, &spec));
	expect(!spec.it_value.tv_sec && !spec.it_value.tv_nsec, "a timer that was off is on");
	/* One that is still silent when the other has fired a hundred times has had its time. */
	for (int i = 0; i < 6000 && (real_fired < real + 3 || posix_fired < posix + 3) &&
			real_fired < real + 100 && posix_fired < posix + 100; i++)
		usleep(10000);
	expect(real_fired >= real + 3, "ITIMER_REAL fires no more");
	expect(posix_fired >= posix + 3, "the POSIX timer fires no more, or with another value");
}

static void spoil(void)
{
	must(timer_delete(tick_timer));
}

const struct workload workload = { build, NULL, check, spoil };
