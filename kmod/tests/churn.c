// SPDX-License-Identifier: Apache-2.0
/*
 * Keeps the entries of the module busy, or held, until killed. One argument:
 *
 *   walk    list every process and thread, look up and open all of dump, mfd/
 *           and its links, read a little of each
 *   hold    keep descriptors of dump and mfd/ open for some milliseconds
 *   pin     keep O_PATH descriptors, an inotify watch and the current folder
 *           on the entries (these do not hold the module), use them all the time
 *   die     processes that start, are looked at and exit
 *   map     map and unmap files while a child walks over them
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static char scrap[1 << 16];

static void read_some(const char *path)
{
	int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);

	if (fd < 0)
		return;
	if (read(fd, scrap, sizeof(scrap)) < 0)
		(void)!lseek(fd, 0, SEEK_END);
	close(fd);
}

/* The folder is not kept open: an open one keeps the module from unloading. */
static void walk_links(const char *folder)
{
	struct dirent **entries;
	int count = scandir(folder, &entries, NULL, NULL);
	char path[600];
	struct stat st;

	for (int i = 0; i < count; i++) {
		snprintf(path, sizeof(path), "%s/%s", folder, entries[i]->d_name);
		lstat(path, &st);
		(void)!readlink(path, scrap, sizeof(scrap));
		if (!stat(path, &st) && S_ISREG(st.st_mode))
			read_some(path);
		free(entries[i]);
	}
	if (count >= 0)
		free(entries);
}

static void walk_task(const char *folder)
{
	char path[600];
	struct dirent *entry;
	DIR *dir = opendir(folder);

	while (dir && (entry = readdir(dir)))
		;
	if (dir)
		closedir(dir);
	snprintf(path, sizeof(path), "%s/dump", folder);
	access(path, R_OK);
	read_some(path);
	snprintf(path, sizeof(path), "%s/mfd", folder);
	walk_links(path);
}

static void walk(void)
{
	char path[600], task[1200];
	struct dirent *entry, *thread;
	DIR *proc = opendir("/proc"), *threads;

	while (proc && (entry = readdir(proc))) {
		if (entry->d_name[0] < '0' || entry->d_name[0] > '9')
			continue;
		snprintf(path, sizeof(path), "/proc/%s", entry->d_name);
		walk_task(path);
		strcat(path, "/task");
		threads = opendir(path);
		while (threads && (thread = readdir(threads))) {
			if (thread->d_name[0] == '.')
				continue;
			snprintf(task, sizeof(task), "%s/%s", path, thread->d_name);
			walk_task(task);
		}
		if (threads)
			closedir(threads);
	}
	if (proc)
		closedir(proc);
}

static void hold(void)
{
	int fds[16];

	for (int i = 0; i < 16; i++) {
		snprintf(scrap, 100, "/proc/self/task/%d/%s", getpid(),
			 i % 2 ? "dump" : "mfd");
		fds[i] = open(scrap, O_RDONLY);
	}
	usleep(3000);
	for (int i = 0; i < 16; i++)
		if (fds[i] >= 0)
			close(fds[i]);
	usleep(20000);
}

static void pin(void)
{
	int dump = open("/proc/self/dump", O_PATH);
	int mfd = open("/proc/self/mfd", O_PATH), link = -1;
	int watch = inotify_init1(IN_NONBLOCK);
	struct stat st;
	DIR *dir;
	struct dirent *entry = NULL;

	inotify_add_watch(watch, "/proc/self/dump", IN_ALL_EVENTS);
	inotify_add_watch(watch, "/proc/self/mfd", IN_ALL_EVENTS);
	dir = opendir("/proc/self/mfd");
	for (int i = 0; dir && i < 3; i++)
		entry = readdir(dir);
	if (entry)
		link = openat(mfd, entry->d_name, O_PATH | O_NOFOLLOW);
	if (dir)
		closedir(dir);
	if (mfd >= 0)
		(void)!fchdir(mfd);
	for (int i = 0; i < 300; i++) {
		fstat(dump, &st);
		fstat(mfd, &st);
		fstatat(mfd, "400000", &st, 0);
		(void)!readlinkat(link, "", scrap, sizeof(scrap));
		stat(".", &st);
		stat("..", &st);
		stat("400000", &st);
		fchmod(dump, 0600);
		for (int j = 0; j < 3; j++) {
			int fds[] = { dump, mfd, link };

			snprintf(scrap, 100, "/proc/self/fd/%d", fds[j]);
			read_some(scrap);
		}
		(void)!getcwd(scrap, sizeof(scrap));
		usleep(1000);
	}
	(void)!chdir("/");
	close(dump);
	close(mfd);
	close(link);
	close(watch);
}

static void die(void)
{
	for (int i = 0; i < 8; i++) {
		pid_t child = fork();

		if (!child) {
			usleep(random() % 3000);
			_exit(0);
		}
		snprintf(scrap, 100, "/proc/%d", child);
		walk_task(scrap);
	}
	while (waitpid(-1, NULL, WNOHANG) > 0)
		;
}

static void map(void)
{
	static pid_t child;
	void *start[64];
	int fd = open("/proc/self/exe", O_RDONLY);

	if (!child) {
		pid_t parent = getpid();

		child = fork();
		if (!child) {
			prctl(PR_SET_PDEATHSIG, SIGKILL);
			snprintf(scrap, 100, "/proc/%d/mfd", parent);
			for (char *path = strdup(scrap);;)
				walk_links(path);
		}
	}
	for (int i = 0; i < 64; i++)
		start[i] = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, fd, (i & 1) * 4096);
	for (int i = 0; i < 64; i++)
		munmap(start[i], 4096);
	close(fd);
}

int main(int argc, char **argv)
{
	static const struct {
		const char *name;
		void (*round)(void);
	} modes[] = {
		{ "walk", walk }, { "hold", hold }, { "pin", pin },
		{ "die", die }, { "map", map },
	};

	for (size_t i = 0; argc == 2 && i < sizeof(modes) / sizeof(*modes); i++) {
		if (strcmp(argv[1], modes[i].name))
			continue;
		for (;;)
			modes[i].round();
	}
	fprintf(stderr, "usage: churn walk|hold|pin|die|map\n");
	return 2;
}
