// SPDX-License-Identifier: GPL-2.0
/*
 * Dumps a process, executes the image, and looks whether the process goes on;
 * and what is refused.
 */
#define _GNU_SOURCE
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../kselftest_harness.h"

#define PAGES		64
#define GOES_ON		42
#define NOBODY		65534

/* The image lies there; each test has a folder of its own. */
FIXTURE(crtools)
{
	char folder[64];
	char image[80];
	pid_t child;
};

static void fill(uint64_t *memory)
{
	for (size_t i = 0; i < PAGES * 512; i++)
		memory[i] = i * 0x9e3779b97f4a7c15ull;
}

static int is_filled(const uint64_t *memory)
{
	for (size_t i = 0; i < PAGES * 512; i++)
		if (memory[i] != i * 0x9e3779b97f4a7c15ull)
			return 0;
	return 1;
}

/* In the child: state, then a stop, then the state must still be there. */
static void child_main(void)
{
	double third = strtod("0.333", NULL);
	uint64_t *memory;
	sigset_t set;
	int stack = 4711;
	pid_t pid;

	memory = mmap(NULL, PAGES * 4096, PROT_READ | PROT_WRITE,
		      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (memory == MAP_FAILED)
		_exit(1);
	fill(memory);
	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigprocmask(SIG_BLOCK, &set, NULL);
	prctl(PR_SET_NAME, "goes-on");
	pid = getpid();

	raise(SIGSTOP);

	sigemptyset(&set);
	sigprocmask(SIG_BLOCK, NULL, &set);
	if (getpid() == pid)
		_exit(2);	/* not the restored one */
	if (!is_filled(memory))
		_exit(3);
	if (!sigismember(&set, SIGUSR1) || sigismember(&set, SIGUSR2))
		_exit(4);
	if (third != strtod("0.333", NULL) || stack != 4711)
		_exit(5);
	_exit(GOES_ON);
}

FIXTURE_SETUP(crtools)
{
	if (access("/proc/self/dump", F_OK) &&
	    system("modprobe -q crtools >/dev/null 2>&1"))
		SKIP(return, "no /proc/PID/dump, and no module crtools");
	ASSERT_EQ(access("/proc/self/dump", F_OK), 0);

	snprintf(self->folder, sizeof(self->folder), "/tmp/crtools.XXXXXX");
	ASSERT_NE(mkdtemp(self->folder), NULL);
	snprintf(self->image, sizeof(self->image), "%s/image", self->folder);
	self->child = fork();
	ASSERT_GE(self->child, 0);
	if (!self->child)
		child_main();
	ASSERT_EQ(waitpid(self->child, NULL, WUNTRACED), self->child);
}

FIXTURE_TEARDOWN(crtools)
{
	if (self->child > 0) {
		kill(self->child, SIGKILL);
		waitpid(self->child, NULL, 0);
	}
	unlink(self->image);
	rmdir(self->folder);
}

/* Returns a descriptor, or -errno. */
static int open_dump(pid_t pid, int flags)
{
	char path[64];
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/dump", pid);
	fd = open(path, flags);
	return fd < 0 ? -errno : fd;
}

/* Copies the dump file of @pid to @path. Returns its size, or -errno. */
static long dump(pid_t pid, const char *path)
{
	char buf[65536];
	long size = 0;
	ssize_t got = 0;
	int in, out;

	in = open_dump(pid, O_RDONLY);
	if (in < 0)
		return in;
	out = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0700);
	if (out < 0) {
		close(in);
		return -errno;
	}
	while ((got = read(in, buf, sizeof(buf))) > 0) {
		if (write(out, buf, got) != got) {
			errno = ENOSPC;
			got = -1;
			break;
		}
		size += got;
	}
	if (got < 0)
		size = -errno;
	close(in);
	close(out);
	return size;
}

/* Executes the image in a new process: how it ended, or -errno of execve. */
static int execute(const char *path)
{
	int status, err = 0;
	int channel[2];
	pid_t pid;

	if (pipe2(channel, O_CLOEXEC))
		return -errno;
	pid = fork();
	if (!pid) {
		execl(path, path, NULL);
		err = errno;
		if (write(channel[1], &err, sizeof(err)) < 0)
			_exit(98);
		_exit(99);	/* the caller of a bad image lives on */
	}
	close(channel[1]);
	if (read(channel[0], &err, sizeof(err)) < 0)
		err = EIO;
	close(channel[0]);
	if (waitpid(pid, &status, 0) != pid)
		return -errno;
	if (err)
		return WIFEXITED(status) && WEXITSTATUS(status) == 99 ?
			       -err : -ECHILD;
	return status;
}

TEST_F_TIMEOUT(crtools, goes_on, 120)
{
	int status;

	ASSERT_GT(dump(self->child, self->image), 4096);
	kill(self->child, SIGKILL);
	ASSERT_EQ(waitpid(self->child, NULL, 0), self->child);
	self->child = 0;

	/* A checkpoint is good for any number of times. */
	for (int i = 0; i < 3; i++) {
		status = execute(self->image);
		ASSERT_GE(status, 0);
		ASSERT_TRUE(WIFEXITED(status));
		EXPECT_EQ(WEXITSTATUS(status), GOES_ON);
	}
}

TEST_F_TIMEOUT(crtools, is_a_core_file, 120)
{
	unsigned char ehdr[64];
	uint16_t type, machine;
	int fd;

	fd = open_dump(self->child, O_RDONLY);
	ASSERT_GE(fd, 0);
	ASSERT_EQ(read(fd, ehdr, sizeof(ehdr)), (ssize_t)sizeof(ehdr));
	close(fd);
	memcpy(&type, ehdr + 16, sizeof(type));
	memcpy(&machine, ehdr + 18, sizeof(machine));
	EXPECT_EQ(memcmp(ehdr, ELFMAG, SELFMAG), 0);
	EXPECT_EQ(type, ET_CORE);
	EXPECT_EQ(machine, EM_X86_64);
}

TEST_F_TIMEOUT(crtools, must_be_stopped, 120)
{
	pid_t pid = fork();

	ASSERT_GE(pid, 0);
	if (!pid) {
		for (;;)
			pause();
	}
	EXPECT_EQ(open_dump(pid, O_RDONLY), -EBUSY);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

TEST_F_TIMEOUT(crtools, cannot_be_written, 120)
{
	EXPECT_EQ(open_dump(self->child, O_WRONLY), -EACCES);
	EXPECT_EQ(open_dump(self->child, O_RDWR), -EACCES);
}

TEST_F_TIMEOUT(crtools, not_for_others, 120)
{
	int status;
	pid_t pid;

	if (geteuid())
		SKIP(return, "takes root");
	pid = fork();
	ASSERT_GE(pid, 0);
	if (!pid) {
		if (setgid(NOBODY) || setuid(NOBODY))
			_exit(1);
		_exit(open_dump(self->child, O_RDONLY) == -EACCES ? 0 : 2);
	}
	ASSERT_EQ(waitpid(pid, &status, 0), pid);
	EXPECT_EQ(status, 0);
}

TEST_F_TIMEOUT(crtools, damaged_image, 120)
{
	char byte;
	int fd;

	ASSERT_GT(dump(self->child, self->image), 4096);
	fd = open(self->image, O_RDWR | O_CLOEXEC);
	ASSERT_GE(fd, 0);
	ASSERT_EQ(pread(fd, &byte, 1, 1000), 1);
	byte ^= 1;
	ASSERT_EQ(pwrite(fd, &byte, 1, 1000), 1);
	close(fd);
	EXPECT_EQ(execute(self->image), -EBADMSG);
}

TEST_F_TIMEOUT(crtools, truncated_image, 120)
{
	const long sizes[] = { 16, 100, 4095, 4096 };
	long size;

	size = dump(self->child, self->image);
	ASSERT_GT(size, 4096);
	ASSERT_EQ(truncate(self->image, size - 1), 0);
	EXPECT_EQ(execute(self->image), -EBADMSG);
	for (int i = 3; i >= 0; i--) {
		ASSERT_EQ(truncate(self->image, sizes[i]), 0);
		EXPECT_EQ(execute(self->image), -EBADMSG);
	}
}

TEST_F_TIMEOUT(crtools, mapped_files, 120)
{
	char line[512], name[128], path[300], mapped[300];
	unsigned long start;
	ssize_t size;
	FILE *maps;
	int links = 0;

	maps = fopen("/proc/self/maps", "r");
	ASSERT_NE(maps, NULL);
	while (fgets(line, sizeof(line), maps)) {
		if (sscanf(line, "%lx-%*x %*s %*s %*s %*s %299[^\n]", &start,
			   path) != 2 || path[0] != '/')
			continue;
		snprintf(name, sizeof(name), "/proc/self/mfd/%lx", start);
		size = readlink(name, mapped, sizeof(mapped) - 1);
		ASSERT_GT(size, 0);
		mapped[size] = '\0';
		EXPECT_STREQ(mapped, path);
		links++;
	}
	fclose(maps);
	EXPECT_GT(links, 0);
	EXPECT_EQ(readlink("/proc/self/mfd/1000", mapped, sizeof(mapped)), -1);
	EXPECT_EQ(errno, ENOENT);
}

TEST_HARNESS_MAIN
