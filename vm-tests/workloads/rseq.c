// SPDX-License-Identifier: Apache-2.0
/* Restartable sequences, as registered by glibc 2.35 and newer for each thread. */
#include "workload.h"

#include <pthread.h>
#include <sched.h>
#include <sys/rseq.h>

static volatile bool ready, stop;
static pthread_t thread;
static int errno_before;

static volatile struct rseq *area(void)
{
	return (struct rseq *)((char *)__builtin_thread_pointer() + __rseq_offset);
}

/* Registering once more what is registered is EBUSY; anything else is EINVAL or success. */
static int register_again(void)
{
	errno = 0;
	syscall(SYS_rseq, area(), 32, 0, RSEQ_SIG);
	return errno;
}

static void verify(const char *who)
{
	cpu_set_t all, one;

	expect(register_again() == errno_before, "%s: a second registration gives %s, gave %s", who,
	       strerror(errno), strerror(errno_before));
	must(sched_getaffinity(0, sizeof(all), &all));
	for (int cpu = 0; cpu < CPU_SETSIZE; cpu++) {
		if (!CPU_ISSET(cpu, &all))
			continue;
		CPU_ZERO(&one);
		CPU_SET(cpu, &one);
		must(sched_setaffinity(0, sizeof(one), &one));
		expect((int)area()->cpu_id == cpu && (int)area()->cpu_id_start == cpu,
		       "%s: rseq says cpu %d on cpu %d", who, (int)area()->cpu_id, cpu);
		expect(sched_getcpu() == cpu, "%s: sched_getcpu() says %d on cpu %d", who, sched_getcpu(), cpu);
	}
	must(sched_setaffinity(0, sizeof(all), &all));
}

static void *work(void *arg)
{
	verify("thread at start");
	ready = true;
	while (!stop)
		for (int i = 0; i < 1000; i++)
			expect((int)area()->cpu_id >= 0, "rseq cpu_id %d in a running thread", (int)area()->cpu_id);
	verify("thread");
	return arg;
}

static void build(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	expect(__rseq_size > 0, "glibc has not registered rseq");
	errno_before = register_again();
	expect(errno_before == EBUSY, "rseq: %s", strerror(errno_before));
	verify("at start");
	must_zero(pthread_create(&thread, NULL, work, NULL));
	while (!ready)
		usleep(1000);
}

static void check(void)
{
	verify("main thread");
	stop = true;
	must_zero(pthread_join(thread, NULL));
}

static void spoil(void)
{
	must(syscall(SYS_rseq, area(), 32, 1, RSEQ_SIG));
}

const struct workload workload = { build, NULL, check, spoil };
