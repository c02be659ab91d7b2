// SPDX-License-Identifier: Apache-2.0
/*
 * Checks dump and mfd/ in /proc/PID/ from outside: what they list, what their
 * links lead to, and who may do what. Run as root with the module loaded;
 * what holds for an ordinary user is checked in a child with uid 1000.
 * Says "entries: ok" and exits 0, or says what is wrong and exits 1.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/shm.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define USER 1000
#define PAGE 4096

#define CHECK(condition, ...)						\
	do {								\
		if (!(condition)) {					\
			int error = errno;				\
			fprintf(stderr, "entries.c:%d: ", __LINE__);	\
			fprintf(stderr, __VA_ARGS__);			\
			fprintf(stderr, " (%s; %s)\n", #condition,	\
				strerror(error));			\
			exit(1);					\
		}							\
	} while (0)

/* The names in a folder, each followed by a newline, read @buffer bytes at a time. */
static char *list(const char *path, size_t buffer)
{
	char *bytes = malloc(buffer), *names = calloc(1, 1 << 20);
	int fd = open(path, O_RDONLY | O_DIRECTORY);
	long count;

	CHECK(fd >= 0, "%s", path);
	while ((count = syscall(SYS_getdents64, fd, bytes, buffer)) > 0) {
		for (long at = 0; at < count;) {
			struct dirent64 *entry = (void *)(bytes + at);

			strcat(strcat(names, entry->d_name), "\n");
			/* Going on from where an entry says it ends changes nothing. */
			CHECK(at + entry->d_reclen < count ||
			      lseek(fd, 0, SEEK_CUR) == entry->d_off, "%s: d_off of %s",
			      path, entry->d_name);
			at += entry->d_reclen;
		}
	}
	CHECK(!count, "%s", path);
	close(fd);
	free(bytes);
	return names;
}

static int occurrences(const char *names, const char *name)
{
	char line[300];
	int count = 0;

	snprintf(line, sizeof(line), "\n%s\n", name);
	for (const char *at = names; (at = strstr(at, line)); at++)
		count++;
	return count;
}

static void check_listed(const char *folder)
{
	char *all = list(folder, 1 << 16), *bits = list(folder, 64);

	CHECK(occurrences(all, "dump") == 1, "%s lists dump %d times", folder,
	      occurrences(all, "dump"));
	CHECK(occurrences(all, "mfd") == 1, "%s lists mfd %d times", folder,
	      occurrences(all, "mfd"));
	CHECK(occurrences(all, "status") == 1 && occurrences(all, "stat") == 1,
	      "%s lost its own entries", folder);
	CHECK(!strcmp(all, bits), "%s: small reads list something else", folder);
	free(all);
	free(bits);
}

/* Every file-backed line of maps is a link with the same path and inode. */
static void check_maps(void)
{
	char line[5000], link[100], target[5000], expected[3 << 16] = ".\n..\n";
	FILE *maps = fopen("/proc/self/maps", "r");
	char *names;

	CHECK(maps, "/proc/self/maps");
	while (fgets(line, sizeof(line), maps)) {
		unsigned long start, inode;
		unsigned int major, minor;
		int at = 0;
		struct stat st;
		ssize_t length;

		line[strcspn(line, "\n")] = '\0';
		CHECK(sscanf(line, "%lx-%*x %*s %*x %x:%x %lu %n", &start,
			     &major, &minor, &inode, &at) == 4, "%s", line);
		if (!inode && line[at] != '/')	/* the first SysV segment has inode 0 */
			continue;
		snprintf(link, sizeof(link), "/proc/self/mfd/%lx", start);
		length = readlink(link, target, sizeof(target) - 1);
		CHECK(length >= 0, "%s", link);
		target[length] = '\0';
		CHECK(!strcmp(target, line + at), "%s is %s, maps says %s", link,
		      target, line + at);
		CHECK(!stat(link, &st), "%s -> %s", link, target);
		CHECK(st.st_ino == inode && st.st_dev == makedev(major, minor),
		      "%s -> %s is another file", link, target);
		sprintf(expected + strlen(expected), "%lx\n", start);
	}
	fclose(maps);
	names = list("/proc/self/mfd", 1 << 16);
	CHECK(!strcmp(names, expected), "mfd lists\n%smaps says\n%s", names, expected);
	free(names);
	names = list("/proc/self/mfd", 48);
	CHECK(!strcmp(names, expected), "small reads of mfd list\n%s", names);
	free(names);
}

static int open_mfd(const void *start, int flags)
{
	char link[100];

	snprintf(link, sizeof(link), "/proc/self/mfd/%lx", (unsigned long)start);
	return open(link, flags | O_CLOEXEC);
}

static void *map(int fd, int protection, int flags)
{
	void *start = mmap(NULL, PAGE, protection, flags, fd, 0);

	CHECK(start != MAP_FAILED, "mmap");
	return start;
}

/* Opening the link of a shared writable mapping gives the very file. */
static void check_same_object(const char *what, char *start)
{
	char byte = 0;
	int fd = open_mfd(start, O_RDWR);

	CHECK(fd >= 0, "%s", what);
	start[7] = 'x';
	CHECK(pread(fd, &byte, 1, 7) == 1 && byte == 'x', "%s: read", what);
	CHECK(pwrite(fd, "y", 1, 8) == 1 && start[8] == 'y', "%s: write", what);
	close(fd);
}

static void check_kinds(void)
{
	const int both = PROT_READ | PROT_WRITE;
	char file[] = "/tmp/entries.XXXXXX", padded[100];
	int fd = mkstemp(file), memory = memfd_create("entries", 0), id;
	char *start, *fixed;

	CHECK(fd >= 0 && !ftruncate(fd, PAGE), "%s", file);
	CHECK(memory >= 0 && !ftruncate(memory, PAGE), "memfd_create");
	start = map(fd, both, MAP_SHARED);
	check_same_object("file", start);
	CHECK(!unlink(file), "%s", file);
	check_same_object("deleted file", start);
	check_maps();
	munmap(start, PAGE);
	CHECK(open_mfd(start, O_RDONLY) < 0 && errno == ENOENT, "unmapped");

	start = map(memory, both, MAP_SHARED);
	check_same_object("memfd", start);
	start = map(-1, both, MAP_SHARED | MAP_ANONYMOUS);
	check_same_object("anonymous shared memory", start);
	id = shmget(IPC_PRIVATE, PAGE, 0600);
	start = shmat(id, NULL, 0);
	CHECK(start != (void *)-1, "shmat");
	shmctl(id, IPC_RMID, NULL);
	/* Opened, it could be truncated below others who have it attached. */
	if (geteuid()) {
		CHECK(open_mfd(start, O_RDONLY) < 0 && errno == EACCES, "one's own segment");
	} else {
		check_same_object("System V segment", start);
		check_maps();
	}
	shmdt(start);
	check_maps();

	start = map(-1, both, MAP_PRIVATE | MAP_ANONYMOUS);
	CHECK(open_mfd(start, O_RDONLY) < 0 && errno == ENOENT, "anonymous memory");
	CHECK(open_mfd(start + 1, O_RDONLY) < 0 && errno == ENOENT, "odd address");

	/* Below eight digits maps pads with zeros; both ways lead there. */
	fixed = mmap((void *)0x300000, PAGE, PROT_READ,
		     MAP_PRIVATE | MAP_FIXED_NOREPLACE, memory, 0);
	CHECK(fixed == (void *)0x300000, "mmap at 0x300000");
	snprintf(padded, sizeof(padded), "/proc/self/mfd/%08lx", (unsigned long)fixed);
	CHECK(!access(padded, R_OK), "%s", padded);
	CHECK(open_mfd(fixed, O_RDONLY) >= 0, "300000");
	CHECK(access("/proc/self/mfd/0300000", F_OK) && errno == ENOENT, "0300000");
	CHECK(access("/proc/self/mfd/0x300000", F_OK) && errno == ENOENT, "0x300000");
	check_maps();
	munmap(fixed, PAGE);
}

static void check_modes(void)
{
	struct stat st;

	CHECK(!stat("/proc/self/dump", &st) && st.st_mode == (S_IFREG | 0600), "dump");
	CHECK(st.st_uid == geteuid(), "owner of dump");
	CHECK(!stat("/proc/self/mfd", &st) && st.st_mode == (S_IFDIR | 0500), "mfd");
	CHECK(open("/proc/self/dump", O_WRONLY) < 0 && errno == EACCES, "write");
	CHECK(open("/proc/self/dump", O_RDWR) < 0 && errno == EACCES, "write");
	CHECK(chmod("/proc/self/dump", 0777) && errno == EPERM, "chmod dump");
	CHECK(chmod("/proc/self/mfd", 0777) && errno == EPERM, "chmod mfd");
	CHECK(open("/proc/self/mfd/x", O_CREAT | O_RDWR, 0600) < 0, "create in mfd");
	CHECK(mkdir("/proc/self/mfd/x", 0700), "mkdir in mfd");
}

/* What root shows a user read-only, the user gets no way to write to. */
static void check_no_gain(char *segment, char *memory, char *hidden,
			  char *hidden_shared, char *visible)
{
	int fd;

	CHECK(open_mfd(segment, O_RDWR) < 0 && errno == EACCES, "root's segment");
	CHECK(open_mfd(segment, O_RDONLY) < 0 && errno == EACCES, "root's segment");
	CHECK(open_mfd(memory, O_RDWR) < 0 && errno == EACCES, "root's memfd");
	CHECK(open_mfd(hidden, O_RDWR) < 0 && errno == EACCES, "hidden file");
	CHECK(open_mfd(hidden, O_RDONLY) < 0 && errno == EACCES, "hidden file");
	fd = open_mfd(hidden_shared, O_RDWR);
	CHECK(fd >= 0 && pwrite(fd, "z", 1, 0) == 1, "shared writable mapping");
	fd = open_mfd(visible, O_RDWR);
	CHECK(fd >= 0, "a file with mode 0666 on a path the user may walk");
	fd = open_mfd((void *)0x10000000, O_RDONLY);
	CHECK(fd >= 0, "a file the user may only read");
	CHECK(open_mfd((void *)0x10000000, O_RDWR) < 0 && errno == EACCES, "write");
	CHECK(open_mfd((void *)0x10001000, O_RDONLY) < 0 && errno == EACCES,
	      "a file the user may not read");
}

static int make(const char *path, mode_t mode)
{
	int fd = open(path, O_RDWR | O_CREAT | O_TRUNC, 0600);

	CHECK(fd >= 0 && !fchmod(fd, mode) && !ftruncate(fd, PAGE), "%s", path);
	return fd;
}

static void as_user(void)
{
	const int both = PROT_READ | PROT_WRITE;
	int id = shmget(IPC_PRIVATE, PAGE, 0604);
	int memory = memfd_create("root", 0), read_only;
	char *segment, *memory_map, *hidden, *hidden_shared, *visible, path[100];
	int fd, status;
	pid_t child;

	mkdir("/tmp/entries.hidden", 0700);
	memory_map = NULL;
	CHECK(!ftruncate(memory, PAGE), "memfd");
	snprintf(path, sizeof(path), "/proc/self/fd/%d", memory);
	read_only = open(path, O_RDONLY);
	memory_map = map(read_only, PROT_READ, MAP_SHARED);
	segment = shmat(id, NULL, SHM_RDONLY);
	CHECK(segment != (void *)-1, "shmat");
	fd = make("/tmp/entries.hidden/private", 0666);
	hidden = map(fd, both, MAP_PRIVATE);
	fd = make("/tmp/entries.hidden/shared", 0666);
	hidden_shared = map(fd, both, MAP_SHARED);
	fd = make("/tmp/entries.visible", 0666);
	visible = map(fd, PROT_READ, MAP_SHARED);
	fd = make("/tmp/entries.hidden/readable", 0644);
	mmap((void *)0x10000000, PAGE, both, MAP_SHARED | MAP_FIXED, fd, 0);
	fd = make("/tmp/entries.hidden/unreadable", 0600);
	mmap((void *)0x10001000, PAGE, both, MAP_SHARED | MAP_FIXED, fd, 0);

	child = fork();
	if (!child) {
		CHECK(!setgroups(0, NULL) && !setresgid(USER, USER, USER) &&
		      !setresuid(USER, USER, USER), "uid %d", USER);
		CHECK(open("/proc/self/mfd", O_RDONLY) < 0 && errno == EACCES,
		      "not dumpable");
		CHECK(open("/proc/self/dump", O_RDONLY) < 0 && errno == EACCES,
		      "not dumpable");
		prctl(PR_SET_DUMPABLE, 1);
		check_no_gain(segment, memory_map, hidden, hidden_shared, visible);
		munmap((void *)0x10000000, 2 * PAGE);
		munmap(hidden, PAGE);
		munmap(memory_map, PAGE);
		shmdt(segment);
		check_listed("/proc/self");
		check_modes();
		check_kinds();
		CHECK(open("/proc/1/mfd", O_RDONLY) < 0 && errno == EACCES, "init");
		CHECK(open("/proc/1/dump", O_RDONLY) < 0 && errno == EACCES, "init");
		CHECK(access("/proc/1/mfd/400000", F_OK) && errno == EACCES, "init");
		exit(0);
	}
	CHECK(waitpid(child, &status, 0) == child, "waitpid");
	shmctl(id, IPC_RMID, NULL);
	CHECK(status == 0, "as an ordinary user");
}

int main(void)
{
	char thread[100], *names;

	check_listed("/proc/self");
	check_listed("/proc/1");
	snprintf(thread, sizeof(thread), "/proc/self/task/%d", getpid());
	check_listed(thread);
	strcat(thread, "/mfd");
	CHECK(!access(thread, F_OK), "%s", thread);
	check_modes();
	names = list("/proc/2/mfd", 4096);
	CHECK(!strcmp(names, ".\n..\n"), "a kernel thread has\n%s", names);
	free(names);
	/* First the user: he may not follow links to what root leaves mapped. */
	as_user();
	check_kinds();
	puts("entries: ok");
	return 0;
}
