/* SPDX-License-Identifier: Apache-2.0 */
/* What the memory workloads share. */
#ifndef MEM_H
#define MEM_H

#include "workload.h"

#include <fcntl.h>
#include <sys/mman.h>

#define PAGE 4096ul

/* One mapping's line in /proc/self/maps: protection and name. False when there is none. */
static inline bool __attribute__((unused)) mem_find(const void *p, char perms[8], char name[256])
{
	unsigned long start, end;
	char line[1024];
	bool found = false;
	FILE *maps = fopen("/proc/self/maps", "re");

	expect(maps, "/proc/self/maps: %s", strerror(errno));
	while (!found && fgets(line, sizeof(line), maps)) {
		int at = 0;

		if (sscanf(line, "%lx-%lx %7s %*s %*s %*s %n", &start, &end, perms, &at) < 3)
			continue;
		if ((unsigned long)p < start || (unsigned long)p >= end)
			continue;
		found = true;
		snprintf(name, 256, "%.255s", at ? line + at : "");
		name[strcspn(name, "\n")] = 0;
	}
	fclose(maps);
	return found;
}

static inline void __attribute__((unused)) mem_expect_perms(const void *p, const char *want,
							     const char *what)
{
	char perms[8] = "none", name[256];

	mem_find(p, perms, name);
	expect(!strcmp(perms, want), "%s: protection was %s, is %s", what, want, perms);
}

/* Does an access fault? Asks the kernel, which does not kill us for it. */
static inline bool __attribute__((unused)) mem_readable(const void *p)
{
	int pipes[2];
	bool ok;

	must(pipe2(pipes, O_CLOEXEC));
	ok = write(pipes[1], p, 1) == 1;
	expect(ok || errno == EFAULT, "write: %s", strerror(errno));
	close(pipes[0]);
	close(pipes[1]);
	return ok;
}

static inline char *__attribute__((unused)) mem_map(size_t len, int prot, int flags, int fd, off_t off)
{
	return must((char *)mmap(NULL, len, prot, flags, fd, off));
}

#define RW (PROT_READ | PROT_WRITE)
#define ANON (MAP_PRIVATE | MAP_ANONYMOUS)

#endif
