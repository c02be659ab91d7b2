// SPDX-License-Identifier: Apache-2.0
/*
 * The process of src/test/resources/org/crtools/image/core-6.12.img.gz: two
 * threads, a bit of each kind of memory, a pending signal, a timer. To make
 * the image anew, on a machine with the module:
 *
 *   gcc -O1 -static -pthread -o sample sample.c
 *   ./sample & sleep 1; kill -STOP $!
 *   cat /proc/$!/dump | gzip -9n > core-6.12.img.gz
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

static void *sleeper(void *unused)
{
	struct timespec long_time = { 1000, 0 };

	nanosleep(&long_time, NULL);
	return unused;
}

static void ignore(int signal)
{
	(void)signal;
}

static volatile char *map(size_t size, int flags, int fd)
{
	void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, flags, fd, 0);

	if (memory == MAP_FAILED)
		_exit(1);
	return memory;
}

int main(void)
{
	struct sigevent none = { .sigev_notify = SIGEV_NONE };
	volatile char *anonymous, *shared, *memfd;
	sigset_t usr2;
	pthread_t thread;
	timer_t timer;
	int fd;

	sigemptyset(&usr2);
	sigaddset(&usr2, SIGUSR2);
	sigprocmask(SIG_BLOCK, &usr2, NULL);
	if (pthread_create(&thread, NULL, sleeper, NULL))
		return 1;
	signal(SIGUSR1, ignore);
	raise(SIGUSR2);

	anonymous = map(5 << 20, MAP_PRIVATE | MAP_ANONYMOUS, -1);
	anonymous[0] = 1;
	anonymous[1 << 20] = 2;
	shared = map(1 << 16, MAP_SHARED | MAP_ANONYMOUS, -1);
	shared[4096] = 3;
	fd = memfd_create("some memory", 0);
	if (fd < 0 || ftruncate(fd, 8192))
		return 1;
	memfd = map(8192, MAP_SHARED, fd);
	memfd[0] = 4;
	if (timer_create(CLOCK_MONOTONIC, &none, &timer))
		return 1;
	puts("ready");
	fflush(stdout);
	pause();
	return anonymous[0] + shared[0] + memfd[0];
}
