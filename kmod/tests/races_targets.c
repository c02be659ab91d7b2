// SPDX-License-Identifier: Apache-2.0
/* What the targets of races.c do. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "races.h"

pid_t child(void)
{
	pid_t pid = fork();

	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		srandom(getpid());
	}
	return pid;
}

/* Armed for longer than the process lives: it deletes them when it is killed. */
static void arm_cpu_timers(void)
{
	static const clockid_t clocks[] = {
		CLOCK_PROCESS_CPUTIME_ID, CLOCK_THREAD_CPUTIME_ID, CLOCK_MONOTONIC,
	};
	const struct itimerspec later = { .it_value.tv_sec = 3600 };
	struct sigevent nothing = { .sigev_notify = SIGEV_NONE };
	timer_t timer;

	for (int i = 0; i < 30; i++)
		if (timer_create(clocks[i % 3], &nothing, &timer) ||
		    timer_settime(timer, 0, &later, NULL))
			return wrong("arming timers", errno);
}

static void target_exits(void)
{
	while (running()) {
		pid_t pid = child();

		if (!pid) {
			arm_cpu_timers();
			usleep(random() % 20000);
			_exit(0);
		}
		usleep(random() % 3000);
		kill(pid, SIGSTOP);
		usleep(random() % 3000);
		kill(pid, random() & 1 ? SIGCONT : SIGKILL);
		waitpid(pid, NULL, 0);
	}
}

void target_executes(void)
{
	char rest[32];

	usleep(random() % 3000);
	snprintf(rest, sizeof(rest), "%f", deadline);
	if (running())
		execl(self, self, "execute-again", rest, NULL);
}

static void target_forks(void)
{
	while (running()) {
		pid_t pid = random() & 1 ? fork() : vfork();

		if (!pid)
			_exit(0);
		waitpid(pid, NULL, 0);
	}
}

static void target_maps(void)
{
	int fd = open(self, O_RDONLY);

	while (running()) {
		size_t size = (1 + random() % 200) * 4096;
		char *map = mmap(NULL, size, PROT_READ | PROT_WRITE,
				 MAP_PRIVATE | (random() & 1 ? MAP_ANONYMOUS : 0),
				 fd, 0);

		if (map == MAP_FAILED)
			continue;
		if (size < 8192)
			map[0] = 1;
		mprotect(map + size / 8192 * 4096, 4096, PROT_NONE);
		madvise(map, size / 2 / 4096 * 4096, MADV_DONTNEED);
		munmap(map, size);
	}
}

static void *ends_at_once(void *arg)
{
	usleep(random() % 500);
	return arg;
}

static void target_threads(void)
{
	while (running()) {
		pthread_t threads[4];

		for (int i = 0; i < 4; i++)
			pthread_create(&threads[i], NULL, ends_at_once, NULL);
		for (int i = 0; i < 4; i++)
			pthread_join(threads[i], NULL);
	}
}

void target_counts(void)
{
	/* So far apart that no read(2) of a dump has both. */
	size_t apart = 1 << 20;
	char *map = mmap(NULL, apart + sizeof(struct counter), PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	volatile struct counter *first = (void *)map, *second = (void *)(map + apart);

	if (map == MAP_FAILED)
		return wrong("memory for two counters", errno);
	memset(map, 1, apart);
	first->mark = MARK_OF_FIRST;
	second->mark = MARK_OF_SECOND;
	first->count = second->count = 0;
	while (running()) {
		first->count++;
		second->count++;
		has_counted();
	}
}

/* What of them is in a piece of a dump at that offset; pages are aligned in the file. */
void find_pair(struct pair *pair, const char *piece, size_t length, off_t offset)
{
	struct counter counter;

	for (size_t at = -offset & 4095; at + sizeof(counter) <= length; at += 4096) {
		memcpy(&counter, piece + at, sizeof(counter));
		if (counter.mark == MARK_OF_FIRST)
			pair->first = counter.count;
		else if (counter.mark == MARK_OF_SECOND)
			pair->second = counter.count;
		else
			continue;
		pair->found++;
	}
}

/* mount -V: a program with the setuid bit; its dump file is not for us. */
static void target_becomes_setuid(void)
{
	while (running()) {
		pid_t pid = fork();

		if (!pid) {
			int null = open("/dev/null", O_RDWR);

			dup2(null, 1);
			dup2(null, 2);
			usleep(random() % 5000);
			execl("/bin/mount", "mount", "-V", NULL);
			_exit(0);
		}
		waitpid(pid, NULL, 0);
	}
}

void (*const targets[TARGETS])(void) = {
	target_exits, target_executes, target_forks, target_maps,
	target_threads, target_counts, target_becomes_setuid,
};
