// SPDX-License-Identifier: Apache-2.0
/* Restartable sequences, as registered by glibc 2.35 and newer for each thread. */
#include "workload.h"

#include <pthread.h>
#include <sched.h>
#include <sys/rseq.h>

static volatile bool ready, stop;
static pthread_t thread;
static unsigned int length;

static volatile struct rseq *area(void)
{
	return (struct rseq *)((char *)__builtin_thread_pointer() + __rseq_offset);
}

/* Registering once more what is registered is EBUSY; with another length it is EINVAL (kernel/rseq.c). */
static bool is_registered(unsigned int size)
{
	return syscall(SYS_rseq, area(), size, 0, RSEQ_SIG) == -1 && errno == EBUSY;
}

static void verify(const char *who)
{
	cpu_set_t all, one;

	expect(is_registered(length), "%s: not registered as it was: %s", who, strerror(errno));
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
	/* Since 2.41 glibc's area is as long as the kernel likes it. */
	for (length = 20; length < 1024 && !is_registered(length); length++)
		;
	expect(is_registered(length), "glibc has registered something else: %s", strerror(errno));
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
	must(syscall(SYS_rseq, area(), length, 1, RSEQ_SIG));
}

const struct workload workload = { build, NULL, check, spoil };
