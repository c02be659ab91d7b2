// SPDX-License-Identifier: Apache-2.0
/*
 * usage: races SECONDS FOLDER [unloading]
 *
 * Dumps processes that do not hold still, two dumpers at once for each, and
 * executes what came of it while the image is rewritten and cut, or replaced by
 * the next whole one. Run as an
 * ordinary user; with "unloading", root loads and unloads the module meanwhile.
 *
 * Targets: one that exits with timers armed, one that executes itself, one that
 * forks, one that maps and unmaps, one that starts and ends threads, one that is
 * stopped and continued all the time, one that becomes another user's program.
 *
 * A dump is complete and of one moment, or fails with an error that is
 * documented; an execution fails with a documented error, or the new process
 * lives until it is killed, or it dies alone. Each kind of outcome is made to
 * happen once more in the end, but not with unloading, when mostly there is no
 * module: then anything must have been dumped and executed. Prints what was
 * tried and came of it. Exit code: 0 if all was so.
 */
#define _GNU_SOURCE
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "races.h"

#define ERRNOS 160
#define SLOW 0.1	/* seconds */

/* In shared memory: every process counts here. */
struct counts {
	unsigned long dumps, complete, compared, stale, executed, ran, died;
	unsigned long failed[ERRNOS], refused[ERRNOS];
	unsigned long wrong;
	int stop, counting;
	char first_wrong[200];
};

static struct counts *counts;
static const char *folder;
char self[4096];
double deadline;
static int unloading;

#define COUNT(what) __atomic_add_fetch(&counts->what, 1, __ATOMIC_RELAXED)

static double now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec + ts.tv_nsec / 1e9;
}

int running(void)
{
	return now() < deadline && !(counts && counts->stop);
}

void wrong(const char *what, int error)
{
	if (COUNT(wrong) == 1)
		snprintf(counts->first_wrong, sizeof(counts->first_wrong), "%s: %s", what,
			 strerror(error));
}

/*
 * Microseconds, at random up to that, or up to twice as many and so on: the
 * machine may be a fast one, or take a hundred times as long for each step.
 */
static void linger(long most)
{
	usleep(random() % (most << random() % 7));
}

/* Dumps. */

/* Answers the size, 0 when the dump failed; the errno is counted. */
static off_t dump(pid_t pid, int to)
{
	static char buf[1 << 17];
	struct pair pair = { 0 };
	char path[64];
	struct stat st;
	off_t done = 0;
	ssize_t got;
	int fd;

	COUNT(dumps);
	snprintf(path, sizeof(path), "/proc/%d/dump", pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0) {
		COUNT(failed[errno]);
		/*
		 * EACCES: it is another user's program by now. EOPNOTSUPP: it
		 * shares its memory with what it started by vfork(). EIO, ENXIO:
		 * the entry was found, and taken away then.
		 */
		if (errno != EBUSY && errno != ESRCH && errno != ENOENT &&
		    errno != EACCES && errno != EOPNOTSUPP &&
		    !((errno == EIO || errno == ENXIO) && unloading))
			wrong("opening a dump", errno);
		return 0;
	}
	fstat(fd, &st);
	while ((got = pread(fd, buf, sizeof(buf), done)) > 0) {
		if (to >= 0 && pwrite(to, buf, got, done) != got)
			break;
		find_pair(&pair, buf, got, done);
		done += got;
	}
	if (got < 0) {
		COUNT(stale);
		if (errno != ESTALE && errno != ESRCH)
			wrong("reading a dump", errno);
		done = 0;
	} else if (done != st.st_size) {
		wrong("a dump's size", 0);
		done = 0;
	} else {
		COUNT(complete);
		if (pair.found == 2)
			COUNT(compared);
		if (pair.found == 2 && pair.first - pair.second > 1)
			wrong("memory of different moments in one dump", 0);
	}
	close(fd);
	return done;
}

/* One child of pid, or pid itself: some targets are their children. */
static pid_t victim(pid_t pid)
{
	char path[64], text[64];
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/task/%d/children", pid, pid);
	fd = open(path, O_RDONLY);
	n = fd < 0 ? 0 : read(fd, text, sizeof(text) - 1);
	close(fd);
	if (n <= 0 || random() % 4 == 0)
		return pid;
	text[n] = '\0';
	return atoi(text);
}

static void dumper(pid_t target, int number, int stops)
{
	char path[4096], whole[4096];

	snprintf(path, sizeof(path), "%s/img%d", folder, number);
	snprintf(whole, sizeof(whole), "%s/whole%d", folder, number);
	while (running()) {
		pid_t pid = victim(target);
		off_t size = 0;
		int fd = -1;

		if (random() % 2)
			fd = open(path, O_RDWR | O_CREAT, 0700);
		if (stops) {
			kill(pid, SIGSTOP);
			linger(4000);
		}
		/* It may take a moment to stop. */
		for (int i = 0; i < 5 && running() && !size; i++) {
			size = dump(pid, fd);
			if (!size)
				linger(4000);
		}
		if (fd >= 0 && size && random() % 2 && !ftruncate(fd, size))
			rename(path, whole);
		else if (fd >= 0 && random() % 2)
			(void)!ftruncate(fd, random() % 100000);
		if (stops && random() % 8)
			kill(pid, SIGCONT);
		if (fd >= 0)
			close(fd);
		linger(4000);
	}
}

static void resumer(pid_t target)
{
	while (running()) {
		kill(victim(target), SIGCONT);
		linger(3000);
	}
}

/* Executions of files that the dumpers rewrite and cut, or replace. */

static int execution_error_is_documented(int error)
{
	switch (error) {
	case EBADMSG:
	case ESTALE:
	case ETXTBSY:	/* open for writing */
	case ENOENT:
	case ENOMEM:
	case EAGAIN:
	case EOPNOTSUPP:
	case E2BIG:
	case EPROTONOSUPPORT:
		return 1;
	case ENOEXEC:	/* not even the mark in its header yet; or no module */
		return 1;
	default:
		return 0;
	}
}

static void execute_one(const char *path)
{
	int status, error = 0, ends[2];
	pid_t pid;

	if (pipe2(ends, O_CLOEXEC))
		return;
	pid = child();
	if (!pid) {
		struct rlimit none = { 0, 0 };

		setrlimit(RLIMIT_CORE, &none);
		setsid();
		execl(path, path, NULL);
		error = errno;
		(void)!write(ends[1], &error, sizeof(error));
		_exit(0);
	}
	close(ends[1]);
	COUNT(executed);
	if (read(ends[0], &error, sizeof(error)) == sizeof(error)) {
		COUNT(refused[error]);
		if (!execution_error_is_documented(error))
			wrong("executing", error);
	} else {
		COUNT(ran);
		usleep(20000);
	}
	close(ends[0]);
	kill(pid, SIGKILL);
	waitpid(pid, &status, 0);
	if (WIFSIGNALED(status) && WTERMSIG(status) != SIGKILL)
		COUNT(died);
}

static void executer(void)
{
	char path[4096];

	while (running()) {
		snprintf(path, sizeof(path), "%s/%s%ld", folder, random() % 2 ? "img" : "whole",
			 random() % (2 * TARGETS));
		execute_one(path);
	}
}

void has_counted(void)
{
	__atomic_store_n(&counts->counting, 1, __ATOMIC_RELAXED);
}

static void await_counting(void)
{
	counts->counting = 0;
	/* One that cannot count says so. */
	while (!__atomic_load_n(&counts->counting, __ATOMIC_RELAXED) && !counts->wrong)
		usleep(1000);
}

/* Until all of a process with one thread has stopped. */
static void stop(pid_t pid)
{
	kill(pid, SIGSTOP);
	waitpid(pid, NULL, WUNTRACED);
}

/* Reads a dump of a stopped process, which goes on in the middle, and may stop again. */
static void go_on_meanwhile(pid_t pid, int again)
{
	char path[4096];
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/dump", pid);
	fd = open(path, O_RDONLY);
	if (pread(fd, path, sizeof(path), 0) != sizeof(path))
		wrong("reading a dump of a stopped process", errno);
	kill(pid, SIGCONT);
	await_counting();
	if (again)
		stop(pid);
	if (pread(fd, path, sizeof(path), sizeof(path)) >= 0)
		wrong("reading a dump of a process that has gone on", 0);
	else if (errno != ESTALE)
		wrong("reading a dump of a process that has gone on", errno);
	else
		COUNT(stale);
	close(fd);
}

/* One dump that is complete, two of a process that goes on meanwhile, one execution. */
static void without_chance(void)
{
	char path[4096];
	pid_t pid;
	int fd;

	counts->stop = 0;
	deadline = now() + 3600;
	pid = child();
	if (!pid) {
		target_counts();
		_exit(0);
	}
	await_counting();
	stop(pid);
	snprintf(path, sizeof(path), "%s/certain", folder);
	fd = open(path, O_RDWR | O_CREAT, 0700);
	if (!dump(pid, fd))
		wrong("a dump of a stopped process", 0);
	close(fd);
	execute_one(path);

	go_on_meanwhile(pid, 1);
	go_on_meanwhile(pid, 0);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

/* What chance must bring about where nothing else does: for as long as it takes. */
static int enough(void)
{
	/*
	 * Most of the time there is no module. A dump that was opened will do:
	 * all of it but the data was made.
	 */
	if (unloading)
		return counts->complete + counts->stale && counts->ran;
	return counts->complete >= 10 && counts->stale && counts->ran >= 3;
}

static int all_met(void)
{
	return unloading ? enough() :
	       counts->complete && counts->compared && counts->stale && counts->ran;
}

static void report(const char *what, const unsigned long *errors)
{
	for (int i = 0; i < ERRNOS; i++)
		if (errors[i])
			printf("  %s %s: %lu\n", what, strerrorname_np(i), errors[i]);
}

/*
 * Children of ours that ended are gone then, and those that are none of ours
 * by birth are killed: a target's child that was stopped when its parent died
 * would stay for ever. Answers how many were left before.
 */
static int reap(const pid_t *own, size_t nr)
{
	static char text[1 << 16];
	int fd = open("/proc/thread-self/children", O_RDONLY | O_CLOEXEC), left = 0;
	ssize_t n = read(fd, text, sizeof(text) - 1);
	char *at = text, *after;

	close(fd);
	text[n < 0 ? 0 : n] = '\0';
	for (pid_t pid; (pid = strtol(at, &after, 10)) > 0; at = after) {
		size_t i = 0;

		while (i < nr && own[i] != pid)
			i++;
		if (i == nr)
			kill(pid, SIGKILL);
		waitpid(pid, NULL, WNOHANG);
		/* Even if it is gone: its own children are ours then. */
		left++;
	}
	return left;
}

/* Everyone who races about the targets from first up to end, for some seconds. */
static void race(size_t first, size_t end, double seconds)
{
	pid_t pids[TARGETS], own[3 * TARGETS + 2];
	double limit = now() + seconds;
	size_t nr = 0;

	counts->stop = 0;
	for (size_t i = first; i < end; i++) {
		pids[i] = child();
		if (!pids[i]) {
			targets[i]();
			_exit(0);
		}
		for (int j = 0; j < 2; j++) {
			own[nr] = child();
			if (!own[nr++]) {
				dumper(pids[i], i * 2 + j, j == 0);
				_exit(0);
			}
		}
		own[nr] = child();
		if (!own[nr++]) {
			resumer(pids[i]);
			_exit(0);
		}
	}
	for (int i = 0; i < 2; i++) {
		own[nr] = child();
		if (!own[nr++]) {
			executer();
			_exit(0);
		}
	}
	while (now() < limit)
		usleep(100000);
	counts->stop = 1;
	for (limit = now() + 30; reap(own, nr) && now() < limit;)
		usleep(10000);
}

/* Seconds that a program takes to start and to end. */
static double time_to_execute(void)
{
	double begin = now();
	pid_t pid = fork();

	if (!pid) {
		execl(self, self, NULL);
		_exit(2);
	}
	waitpid(pid, NULL, 0);
	return now() - begin;
}

int main(int argc, char **argv)
{
	double seconds, begin, end;
	size_t at_once = TARGETS;

	if (readlink("/proc/self/exe", self, sizeof(self) - 1) < 0 || argc < 3)
		return 2;
	if (!strcmp(argv[1], "execute-again")) {
		deadline = atof(argv[2]);
		srandom(now() * 1e6);
		target_executes();
		return 0;
	}
	folder = argv[2];
	unloading = argc > 3;
	seconds = atof(argv[1]);
	counts = mmap(NULL, sizeof(*counts), PROT_READ | PROT_WRITE,
		      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	/* A stopped orphan would stay for ever. */
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	/* Where that takes so long, thirty processes keep each other from getting anywhere. */
	if (time_to_execute() > SLOW)
		at_once = 1;
	begin = now();
	end = begin + seconds;
	deadline = begin + 20 * seconds;
	do {
		for (size_t i = 0; i < TARGETS; i += at_once)
			race(i, i + at_once, seconds * at_once / TARGETS);
	} while (now() < end || (now() < deadline && !enough()));
	if (!unloading)
		without_chance();
	printf("%lu dumps, %lu complete, %lu of them compared, %lu of changed processes; %lu executions, %lu ran, %lu of them died\n",
	       counts->dumps, counts->complete, counts->compared, counts->stale, counts->executed,
	       counts->ran, counts->died);
	report("open", counts->failed);
	report("execve", counts->refused);
	if (counts->wrong)
		printf("%lu wrong, the first: %s\n", counts->wrong, counts->first_wrong);
	if (waitpid(-1, NULL, WNOHANG) != -1) {
		printf("a process does not end\n");
		return 1;
	}
	if (!all_met())
		printf("not all of it happened in %.0f s\n", now() - begin);
	return counts->wrong || !all_met();
}
