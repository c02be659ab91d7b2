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
 * takes an allocation for each page. With ONLY, it is the name of the only
 * operation.
 *
 * A failed operation answers ENOMEM, or what stands for it (operations[] below),
 * and works again the next time; one that answers nothing has done all that it
 * does without failures. A new process may die after it has been executed,
 * alone; without failures it comes back and finds itself whole, for which IMAGE
 * is of a workload.
 * Prints a line for each operation: rounds, and what came of them.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <elf.h>
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

#include "crtools_format.h"

#define MOST 20000
#define PATIENCE 120000	/* milliseconds */
#define ERRNOS 160
#define WRONG -1	/* no error was told, and it is not what it is without failures */

static pid_t target;
static const char *image, *module;

/* What operations give without failures. */
static struct {
	uint8_t *dump;
	size_t size;
	int links;
} wanted;

/* Takes out what two images of one stopped process differ in: chance, and the time. */
static void blank(uint8_t *data, size_t size)
{
	const Elf64_Phdr *notes = (void *)(data + sizeof(Elf64_Ehdr));
	size_t at = notes->p_offset, end = at + notes->p_filesz;

	while (end <= size && at + sizeof(Elf64_Nhdr) <= end) {
		const Elf64_Nhdr *note = (void *)(data + at);
		size_t desc = at + sizeof(*note) + (note->n_namesz + 3) / 4 * 4;
		struct crt_header *header = (void *)(data + desc);
		struct crt_thread *thread = (void *)(data + desc);

		at = desc + (note->n_descsz + 3) / 4 * 4;
		if (at > end)
			return;
		if (note->n_type == CRT_NT_HEADER) {
			header->meta_crc = 0;
			memset(header->id, 0, sizeof(header->id));
			header->created_ns = header->monotonic_ns = header->boottime_ns = 0;
		} else if (note->n_type == CRT_NT_THREAD) {
			thread->restart_remaining_ns = 0;
		}
	}
}

static int check_dump(uint8_t *data, size_t size)
{
	if (size < sizeof(Elf64_Ehdr) + sizeof(Elf64_Phdr))
		return WRONG;
	blank(data, size);
	if (!wanted.dump) {
		wanted.dump = memcpy(malloc(size), data, size);
		wanted.size = size;
	}
	return size == wanted.size && !memcmp(data, wanted.dump, size) ? 0 : WRONG;
}

/* 0, an errno or WRONG. */

static int dump(void)
{
	int fd, error = 0;
	size_t size, done = 0;
	char path[64];
	uint8_t *data;
	ssize_t got;

	snprintf(path, sizeof(path), "/proc/%d/dump", target);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return errno;
	size = lseek(fd, 0, SEEK_END);
	lseek(fd, 0, SEEK_SET);
	/* One more, as nothing may come behind the end. */
	data = malloc(size + 1);
	while ((got = read(fd, data + done, size + 1 - done)) > 0)
		done += got;
	if (got < 0)
		error = errno;
	else
		error = done == size ? check_dump(data, done) : WRONG;
	free(data);
	close(fd);
	return error;
}

static int links(void)
{
	char path[64], name[600], to[4096];
	int fd, error = 0, nr = 0;
	struct dirent *entry;
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
		nr++;
		errno = 0;
	}
	if (!error)
		error = errno;
	closedir(dir);
	if (!wanted.links)
		wanted.links = nr;
	return error || (nr && nr == wanted.links) ? error : WRONG;
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
	unsigned int rounds, fine, wrong, died, lived;
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
	if (error == WRONG)
		tally->wrong++;
	else if (error)
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

/* The restored workload has its own name, no longer the image's; or it has ended. */
static int is_back(pid_t pid)
{
	const char *slash = strrchr(image, '/');
	char path[64], comm[32] = "";
	siginfo_t info = { 0 };
	int fd;

	if (!waitid(P_PID, pid, &info, WEXITED | WNOHANG | WNOWAIT) && info.si_pid)
		return 1;
	snprintf(path, sizeof(path), "/proc/%d/comm", pid);
	fd = open(path, O_RDONLY);
	(void)!read(fd, comm, sizeof(comm) - 1);
	close(fd);
	comm[strcspn(comm, "\n")] = '\0';
	return strcmp(comm, "inject") && strcmp(comm, slash ? slash + 1 : image);
}

static void await_back(pid_t pid)
{
	for (int i = 0; i < PATIENCE / 10 && !is_back(pid); i++)
		usleep(10000);
}

static int round_execute(int (*unused)(void), unsigned int nth, struct tally *tally)
{
	int ends[2], status, error = 0, met;
	char path[64];
	pid_t pid;
	int fd;

	(void)unused;
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
		/* Its threads come back, or die, after it. */
		await_back(pid);
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

/* With no failures: it executes, and the workload's own check says that all is there. */
static int execute(void)
{
	pid_t pid = fork();
	int status;

	if (!pid) {
		execl(image, image, NULL);
		_exit(98);
	}
	await_back(pid);
	kill(pid, SIGTERM);
	await_end(pid, &status, 0);
	return WIFEXITED(status) && !WEXITSTATUS(status) ? 0 : WRONG;
}

struct operation {
	const char *name;
	int (*run)(void);
	int (*round)(int (*)(void), unsigned int, struct tally *);
	int errnos[3];	/* beside ENOMEM */
};

/*
 * ENOENT: what a lookup in /proc answers when it has no memory for the inode.
 * EFAULT: failures of fail_usercopy, which is no lack of memory.
 */
static const struct operation
load_operation = { "load", load, round_here, { ENOENT } },
operations[] = {
	{ "dump", dump, round_here, { ENOENT, EFAULT } },
	{ "mfd", links, round_here, { ENOENT, EFAULT } },
	{ "execute", execute, round_execute, { 0 } },
};

static int is_allowed(const struct operation *operation, int error)
{
	for (int i = 0; i < 3; i++)
		if (operation->errnos[i] == error)
			return 1;
	return error == ENOMEM;
}

static int run(const struct operation *operation)
{
	struct tally tally = { 0 };
	const char *few = getenv("SHORT"), *name = operation->name;
	int met = 1, bad = 0;

	/* What it gives is what it has to give all the time. */
	if (operation->run()) {
		printf("%s: does not work without failures\n", name);
		return 1;
	}
	for (unsigned int nth = 1; nth < MOST && met > 0; nth += 1 + (few && *few ? nth / 30 : 0)) {
		met = operation->round(operation->run, nth, &tally);
		tally.rounds++;
	}
	printf("%s: %u allocations failed, %u times it worked all the same", name,
	       tally.rounds - 1, tally.fine);
	if (operation->round == round_execute)
		printf(", %u executed and lived, %u executed and died", tally.lived, tally.died);
	for (int i = 0; i < ERRNOS; i++) {
		if (!tally.failed[i])
			continue;
		printf(", %s %u", strerrorname_np(i), tally.failed[i]);
		if (!is_allowed(operation, i)) {
			printf(" (not documented)");
			bad = 1;
		}
	}
	if (tally.wrong) {
		printf(", %u told no error and were not whole", tally.wrong);
		bad = 1;
	}
	puts("");
	if (met < 0) {
		printf("%s: no fail-nth here: %s\n", name, strerror(errno));
		return 1;
	}
	if (operation->run()) {
		printf("%s: does not work any more\n", name);
		bad = 1;
	}
	/* It has met allocations, and some failure was told. */
	return bad || tally.rounds < 3 || !tally.failed[ENOMEM];
}

int main(int argc, char **argv)
{
	const char *only = getenv("ONLY");
	int bad = 0;

	if (argc < 3)
		return 2;
	target = atoi(argv[1]);
	image = argv[2];
	module = argv[3];
	setvbuf(stdout, NULL, _IOLBF, 0);
	if (module)
		return run(&load_operation);
	for (size_t i = 0; i < sizeof(operations) / sizeof(*operations); i++)
		if (!only || !strcmp(only, operations[i].name))
			bad |= run(&operations[i]);
	return bad;
}
