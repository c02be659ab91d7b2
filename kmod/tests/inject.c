// SPDX-License-Identifier: Apache-2.0
/*
 * usage: inject PID IMAGE [MODULE.ko]
 *
 * Lets every single allocation fail in turn (fail-nth: Documentation/
 * fault-injection/fault-injection.rst) of: opening and reading the dump file of
 * PID, which is stopped; walking its mfd/; executing IMAGE; with MODULE.ko, as
 * root, loading and unloading it. The first allocation fails in the first
 * round, the second in the second one, until a round meets no more of them.
 * With SHORT in the environment ever fewer of the later ones fail: executing
 * takes an allocation for each page.
 *
 * A failed operation answers ENOMEM, or what stands for it, and works again
 * the next time; a new process may die after it has been executed, alone.
 * Prints a line for each operation: rounds, and what came of them.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define MOST 20000
#define PATIENCE 120000	/* milliseconds */
#define ERRNOS 160

static pid_t target;
static const char *image, *module;

/* 0 or an errno. */

static int dump(void)
{
	static char buf[1 << 16];
	char path[64];
	int fd, error = 0;
	ssize_t got;

	snprintf(path, sizeof(path), "/proc/%d/dump", target);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return errno;
	while ((got = read(fd, buf, sizeof(buf))) > 0)
		;
	if (got < 0)
		error = errno;
	close(fd);
	return error;
}

static int links(void)
{
	char path[64], name[600], to[4096];
	struct dirent *entry;
	int fd, error = 0;
	DIR *dir;

	snprintf(path, sizeof(path), "/proc/%d/mfd", target);
	dir = opendir(path);
	if (!dir)
		return errno;
	errno = 0;
	while ((entry = readdir(dir))) {
		if (entry->d_name[0] == '.')
			continue;
		snprintf(name, sizeof(name), "%s/%s", path, entry->d_name);
		if (readlink(name, to, sizeof(to)) < 0 && !error)
			error = errno;
		fd = open(name, O_RDONLY | O_CLOEXEC);
		if (fd < 0 && !error)
			error = errno;
		if (fd >= 0)
			close(fd);
		errno = 0;
	}
	if (!error)
		error = errno;
	closedir(dir);
	return error;
}

/* The process that executes has the count; it goes on counting afterwards. */
static int fail_nth(int fd, unsigned int nth)
{
	char text[16];
	int n = snprintf(text, sizeof(text), "%u", nth);

	return pwrite(fd, text, n, 0) == n ? 0 : -1;
}

static unsigned int left(int fd)
{
	char text[16] = "";

	(void)!pread(fd, text, sizeof(text) - 1, 0);
	return strtoul(text, NULL, 10);
}

static int open_fail_nth(void)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/self/task/%ld/fail-nth", syscall(SYS_gettid));
	return open(path, O_RDWR | O_CLOEXEC);
}

/*
 * Unloading cannot fail. The kernel wants memory for it all the same, to take
 * probes away, and warns when there is none: no failures from there on.
 */
static int unload(void)
{
	int fd = open_fail_nth(), error = 0;
	unsigned int nth = left(fd);

	fail_nth(fd, 0);
	if (syscall(SYS_delete_module, "crtools", O_NONBLOCK))
		error = errno;
	/* As it was: whether it was reached is asked for next. */
	fail_nth(fd, nth);
	close(fd);
	return error;
}

static int load(void)
{
	int fd = open(module, O_RDONLY | O_CLOEXEC), error = 0;

	if (fd < 0)
		return errno;
	if (syscall(SYS_finit_module, fd, "", 0))
		error = errno;
	else
		error = unload();
	close(fd);
	return error;
}

struct tally {
	unsigned int rounds, fine, died, lived;
	unsigned int failed[ERRNOS];
};

/* False when this many allocations are not made any more. */
static int round_here(int (*operation)(void), unsigned int nth, struct tally *tally)
{
	int fd = open_fail_nth(), error, met;

	if (fd < 0 || fail_nth(fd, nth))
		return -1;
	error = operation();
	met = left(fd) == 0;
	fail_nth(fd, 0);
	close(fd);
	if (error)
		tally->failed[error]++;
	else
		tally->fine++;
	return met;
}

/* Waits for what must come; whoever started us looks at the processes if not. */
static void await(int fd, const char *what, pid_t pid, unsigned int nth)
{
	struct pollfd one = { .fd = fd, .events = POLLIN };

	if (poll(&one, 1, PATIENCE) > 0)
		return;
	printf("execute: pid %d, allocation %u: %s for %d s\n", pid, nth, what, PATIENCE / 1000);
	_exit(1);
}

static void await_end(pid_t pid, int *status, unsigned int nth)
{
	int fd = syscall(SYS_pidfd_open, pid, 0);

	await(fd, "was killed and does not end", pid, nth);
	close(fd);
	waitpid(pid, status, 0);
}

static int round_execute(unsigned int nth, struct tally *tally)
{
	int ends[2], status, error = 0, met;
	char path[64];
	pid_t pid;
	int fd;

	if (pipe2(ends, O_CLOEXEC))
		return -1;
	pid = fork();
	if (!pid) {
		fd = open_fail_nth();
		/* What is left of them after execve nobody can read but from outside. */
		if (fd < 0 || fail_nth(fd, nth))
			_exit(99);
		execl(image, image, NULL);
		error = errno;
		fail_nth(fd, 0);
		(void)!write(ends[1], &error, sizeof(error));
		_exit(0);
	}
	close(ends[1]);
	await(ends[0], "execve does not come back", pid, nth);
	if (read(ends[0], &error, sizeof(error)) == sizeof(error)) {
		tally->failed[error]++;
		met = 1;
	} else {
		/* Time to come back, or to die. */
		usleep(30000);
		snprintf(path, sizeof(path), "/proc/%d/fail-nth", pid);
		fd = open(path, O_RDONLY);
		met = fd < 0 || left(fd) == 0;
		close(fd);
	}
	close(ends[0]);
	if (waitpid(pid, &status, WNOHANG) == pid) {
		tally->died += !error;
		if (WIFEXITED(status) && WEXITSTATUS(status) == 99)
			return -1;
		return met;
	}
	kill(pid, SIGKILL);
	await_end(pid, &status, nth);
	tally->lived += !error;
	return met;
}

static int run(const char *name, int (*operation)(void))
{
	struct tally tally = { 0 };
	const char *few = getenv("SHORT");
	int met = 1;

	for (unsigned int nth = 1; nth < MOST && met > 0; nth += 1 + (few && *few ? nth / 30 : 0)) {
		met = operation ? round_here(operation, nth, &tally) : round_execute(nth, &tally);
		tally.rounds++;
	}
	printf("%s: %u allocations failed, %u times it worked all the same", name,
	       tally.rounds - 1, tally.fine);
	if (!operation)
		printf(", %u executed and lived, %u executed and died", tally.lived, tally.died);
	for (int i = 0; i < ERRNOS; i++)
		if (tally.failed[i])
			printf(", %s %u", strerrorname_np(i), tally.failed[i]);
	puts("");
	if (met < 0) {
		printf("%s: no fail-nth here: %s\n", name, strerror(errno));
		return 1;
	}
	/* It has met allocations, some failure was told, and it works again. */
	return tally.rounds < 3 || !tally.failed[ENOMEM] || (operation && operation());
}

int main(int argc, char **argv)
{
	int bad = 0;

	if (argc < 3)
		return 2;
	target = atoi(argv[1]);
	image = argv[2];
	module = argv[3];
	setvbuf(stdout, NULL, _IOLBF, 0);
	if (module)
		return run("load", load);
	bad |= run("dump", dump);
	bad |= run("mfd", links);
	bad |= run("execute", NULL);
	return bad;
}
