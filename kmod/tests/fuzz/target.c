// SPDX-License-Identifier: GPL-2.0
/*
 * A process to be dumped for the fuzzers: stops itself, and when it goes on,
 * here or from an image, ends with status 42 soon.
 *
 *   target plain|maps|threads|sleep FOLDER
 *
 * maps wants a file FOLDER/data of at least four pages. sleep is stopped in
 * nanosleep(2) by its own child; its memory has four more sleepers.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define PAGE	4096
#define NR	4

/* Of linux/futex.h, which musl-gcc has not. */
#define FUTEX_WAIT	0

static void fail(const char *what)
{
	perror(what);
	exit(1);
}

static char *map(size_t size, int prot, int flags, int fd, off_t offset)
{
	char *p = mmap(NULL, size, prot, flags, fd, offset);

	if (p == MAP_FAILED)
		fail("mmap");
	return p;
}

static void make_maps(const char *folder)
{
	const int rw = PROT_READ | PROT_WRITE, anon = MAP_PRIVATE | MAP_ANONYMOUS;
	char name[512], *p;
	int fd;

	snprintf(name, sizeof(name), "%s/data", folder);
	fd = open(name, O_RDWR);
	if (fd < 0)
		fail(name);
	map(4 * PAGE, PROT_READ, MAP_PRIVATE, fd, 0);
	map(2 * PAGE, rw, MAP_PRIVATE, fd, PAGE)[0] = 1;
	map(2 * PAGE, rw, MAP_SHARED, fd, PAGE);
	map(PAGE, PROT_READ, MAP_SHARED, fd, 0);
	/* The second page lies behind the file: locked, yet never present. */
	mlock(map(2 * PAGE, PROT_READ, MAP_PRIVATE, fd, 3 * PAGE), 2 * PAGE);
	close(fd);
	p = map(2 * PAGE, rw, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	p[0] = 2;
	p = map(4 * PAGE, rw, anon, -1, 0);
	memset(p, 3, 4 * PAGE);
	mprotect(p + PAGE, PAGE, PROT_READ);
	mprotect(p + 2 * PAGE, PAGE, PROT_NONE);
	p = map(2 * PAGE, rw, anon | MAP_GROWSDOWN, -1, 0);
	p[PAGE] = 4;
	p = map(PAGE, rw, anon, -1, 0);
	p[0] = 5;
	mlock(p, PAGE);
	map(PAGE, rw, anon | MAP_NORESERVE, -1, 0);
	fd = memfd_create("fuzz", 0);
	if (fd < 0 || ftruncate(fd, 2 * PAGE))
		fail("memfd");
	map(2 * PAGE, rw, MAP_SHARED, fd, 0)[0] = 6;
	close(fd);
}

static void *sleeper(void *argument)
{
	struct timespec time = { 1, 0 };
	uint32_t word = 0;

	switch ((intptr_t)argument) {
	case 0:
		nanosleep(&time, NULL);
		break;
	case 1:
		poll(NULL, 0, 1000);
		break;
	case 2:
		syscall(SYS_futex, &word, FUTEX_WAIT, 0, &time, NULL, 0);
		break;
	default:
		clock_nanosleep(CLOCK_PROCESS_CPUTIME_ID, 0, &time, NULL);
		break;
	}
	pause();
	return NULL;
}

static void *waiter(void *argument)
{
	static char stacks[NR][16384];
	stack_t stack = { .ss_sp = stacks[(intptr_t)argument], .ss_size = 16384 };
	sigset_t set;

	sigaltstack(&stack, NULL);
	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
	pthread_kill(pthread_self(), SIGUSR1);
	pause();
	return NULL;
}

static void ignore(int number)
{
	(void)number;
}

static void make_threads(void *(*function)(void *))
{
	pthread_t thread;
	intptr_t i;

	for (i = 0; i < NR; i++)
		if (pthread_create(&thread, NULL, function, (void *)i))
			fail("pthread_create");
	usleep(100000);
}

static void make_signals(void)
{
	struct itimerval real = { { 100, 0 }, { 1000, 0 } };
	struct itimerspec spec = { { 1, 0 }, { 1000, 0 } };
	union sigval value = { .sival_int = 7 };
	timer_t timer;
	int i;

	signal(SIGUSR2, ignore);
	for (i = 0; i < 3; i++)
		sigqueue(getpid(), SIGRTMIN, value);
	setitimer(ITIMER_REAL, &real, NULL);
	for (i = 0; i < 2; i++)
		if (timer_create(CLOCK_MONOTONIC, NULL, &timer) ||
		    timer_settime(timer, 0, &spec, NULL))
			fail("timer");
}

int main(int argc, char **argv)
{
	const char *mode = argc > 2 ? argv[1] : "";
	struct timespec time = { 2, 0 };
	sigset_t set;
	pid_t child;

	if (!strcmp(mode, "maps"))
		make_maps(argv[2]);
	if (!strcmp(mode, "threads")) {
		sigemptyset(&set);
		sigaddset(&set, SIGRTMIN);
		sigprocmask(SIG_BLOCK, &set, NULL);
		make_threads(waiter);
		make_signals();
	}
	if (strcmp(mode, "sleep")) {
		kill(getpid(), SIGSTOP);
		_exit(42);
	}
	make_threads(sleeper);
	child = fork();
	if (!child) {
		usleep(200000);
		kill(getppid(), SIGSTOP);
		_exit(0);
	}
	nanosleep(&time, NULL);
	_exit(42);
}
