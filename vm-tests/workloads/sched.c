// SPDX-License-Identifier: Apache-2.0
/*
 * Nice values, affinity and policy, of each thread its own. With an argument
 * the main thread waits in vfork() nearly always, each time for a child that
 * lives for so many milliseconds: of the threads it is the last to stop.
 */
#include "workload.h"

#include <pthread.h>
#include <sched.h>
#include <sys/resource.h>
#include <sys/wait.h>

static pthread_t idler;
static volatile bool ready, stop;
static int life;
static cpu_set_t one;

static int policy(void)
{
	return must(syscall(SYS_sched_getscheduler, 0));
}

static void set_policy(int to)
{
	struct sched_param param = { 0 };

	must(syscall(SYS_sched_setscheduler, 0, to, &param));
}

static int nice_of(void)
{
	errno = 0;
	return getpriority(PRIO_PROCESS, syscall(SYS_gettid));
}

static void *idle(void *arg)
{
	cpu_set_t now;

	must(setpriority(PRIO_PROCESS, syscall(SYS_gettid), 11));
	set_policy(SCHED_IDLE);
	must(sched_setaffinity(0, sizeof(one), &one));
	ready = true;
	while (!stop)
		usleep(5000);
	expect(nice_of() == 11, "thread: nice was 11, is %d", nice_of());
	expect(policy() == SCHED_IDLE, "thread: policy %d", policy());
	must(sched_getaffinity(0, sizeof(now), &now));
	expect(CPU_EQUAL(&now, &one), "thread: affinity");
	return arg;
}

static void build(int argc, char **argv)
{
	cpu_set_t all;
	int cpu = 0;

	life = wl_arg(argc, argv, 1, 0);
	CPU_ZERO(&all);
	must(sched_getaffinity(0, sizeof(all), &all));
	while (!CPU_ISSET(cpu, &all))
		cpu++;
	CPU_ZERO(&one);
	CPU_SET(cpu, &one);
	must_zero(pthread_create(&idler, NULL, idle, NULL));
	while (!ready)
		usleep(1000);
	must(setpriority(PRIO_PROCESS, 0, 5));
	set_policy(SCHED_BATCH);
}

static void run(void)
{
	wl_ready();
	if (!life) {
		wl_wait();
		return;
	}
	wl_unblock_term();
	while (!wl_term) {
		pid_t pid = must(vfork());

		if (!pid) {
			usleep(life * 1000);
			_exit(0);
		}
		while (waitpid(pid, NULL, 0) < 0)
			expect(errno == EINTR, "waitpid: %s", strerror(errno));
	}
}

static void check(void)
{
	expect(nice_of() == 5, "nice was 5, is %d", nice_of());
	expect(policy() == SCHED_BATCH, "policy was batch, is %d", policy());
	stop = true;
	must_zero(pthread_join(idler, NULL));
}

static void spoil(void)
{
	must(setpriority(PRIO_PROCESS, 0, 6));
}

const struct workload workload = { build, run, check, spoil };
