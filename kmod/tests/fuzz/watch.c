// SPDX-License-Identifier: GPL-2.0
/* Processes, files, memory and messages of the kernel. */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "watch.h"

/*
 * Seen to come and go, or to stay for good, in a run without any image: caches
 * of one object per CPU, radix trees, the log. A leak of 128 bytes a mutation
 * is more in the short run already.
 */
#define FILES		256	/* counted exactly to a batch a CPU */
#define SLAB_KB		3072
#define VMALLOC_KB	512
#define AVAILABLE_KB	24576

/* Of the first line that begins with @key, or -1. */
static long number_in(const char *file, const char *key)
{
	char line[256];
	long value = -1;
	FILE *in = fopen(file, "r");

	while (in && fgets(line, sizeof(line), in)) {
		if (strncmp(line, key, strlen(key)))
			continue;
		value = strtol(line + strlen(key), NULL, 10);
		break;
	}
	if (in)
		fclose(in);
	return value;
}

/*
 * What each CPU keeps at hand, megabytes on a machine with much memory, counts
 * neither as free nor as anyone's (mm/show_mem.c, si_mem_available()).
 */
static long at_hand_kb(void)
{
	FILE *in = fopen("/proc/zoneinfo", "r");
	char line[256];
	long pages = 0, n;

	while (in && fgets(line, sizeof(line), in))
		if (sscanf(line, " count: %ld", &n) == 1)
			pages += n;
	if (in)
		fclose(in);
	return pages * (sysconf(_SC_PAGESIZE) / 1024);
}

/* Kernel threads come and go as they are needed: only those with memory. */
static long count_processes(void)
{
	DIR *folder = opendir("/proc");
	struct dirent *entry;
	char name[300];
	long n = 0;

	while (folder && (entry = readdir(folder))) {
		if (entry->d_name[0] < '1' || entry->d_name[0] > '9')
			continue;
		snprintf(name, sizeof(name), "/proc/%s/status", entry->d_name);
		n += number_in(name, "VmSize:") > 0;
	}
	if (folder)
		closedir(folder);
	return n;
}

static void write_to(const char *file, const char *text)
{
	int fd = open(file, O_WRONLY);

	if (fd < 0 || write(fd, text, strlen(text)) < 0)
		perror(file);
	close(fd);
}

void watch_take(struct watch *ret)
{
	int i;

	/* No messages of the next. */
	write_to("/proc/sys/vm/drop_caches", "4");
	/* RCU and work queues have their own time. */
	for (i = 0; i < 3; i++) {
		sync();
		write_to("/proc/sys/vm/drop_caches", "3");
		usleep(300000);
	}
	ret->processes = count_processes();
	ret->files = number_in("/proc/sys/fs/file-nr", "");
	ret->references = number_in("/sys/module/crtools/refcnt", "");
	ret->slab_kb = number_in("/proc/meminfo", "SUnreclaim:");
	ret->vmalloc_kb = number_in("/proc/meminfo", "VmallocUsed:");
	ret->available_kb = number_in("/proc/meminfo", "MemAvailable:") + at_hand_kb();
	ret->kmsg = open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	lseek(ret->kmsg, 0, SEEK_END);
}

static int differs(const char *what, long before, long after, long most)
{
	bool bad = after > before + most;

	printf("%s%s: %ld before, %ld after\n", bad ? "REPORT " : "", what,
	       before, after);
	return bad;
}

/*
 * Of the machine's slowness, or a debug kernel's statistics; and what the kernel
 * says of any program that asks for so much memory, or makes that system call:
 * of a restore program, or by registers that are not its own.
 */
static bool is_harmless(const char *line)
{
	static const char *const texts[] = {
		"hrtimer: interrupt took", "clocksource:", "perf: interrupt took",
		"__vm_enough_memory:", "uses deprecated remap_file_pages()",
		"calls setitimer() with new_value NULL pointer",
		"futex_wake_op: ", "Attempt to set a LOCK_MAND lock",
		"uses 32-bit capabilities (legacy support in use)",
		"uses deprecated v2 capabilities",
		"attempted to duplicate a private mapping with mremap",
		"drop_caches: 4", " used greatest stack depth: ", "with NULL argv: empty string added",
	};
	unsigned int i;

	for (i = 0; i < sizeof(texts) / sizeof(*texts); i++)
		if (strstr(line, texts[i]))
			return true;
	return false;
}

static int print_messages(int kmsg)
{
	char line[8192], *text;
	ssize_t size;
	int n = 0;

	for (;;) {
		size = read(kmsg, line, sizeof(line) - 1);
		if (size < 0 && errno == EPIPE) {
			printf("REPORT kernel: more messages than its log holds\n");
			n++;
			continue;
		}
		if (size < 0)
			return n;
		line[size] = '\0';
		text = strchr(line, ';');
		if (!text || is_harmless(line))
			continue;
		printf("REPORT kernel: %s", text + 1);
		n++;
	}
}

static bool has_kasan(void)
{
	FILE *symbols = fopen("/proc/kallsyms", "re");
	char line[512];
	bool found = false;

	while (symbols && !found && fgets(line, sizeof(line), symbols))
		found = strstr(line, " kasan_report\n");
	if (symbols)
		fclose(symbols);
	return found;
}

int watch_compare(const struct watch *before, const struct watch *after)
{
	int reports = 0;

	reports += differs("processes", before->processes, after->processes, 0);
	reports += differs("open files", before->files, after->files, FILES);
	reports += differs("module references", before->references, after->references, 0);
	reports += differs("vmalloc, KiB", before->vmalloc_kb, after->vmalloc_kb, VMALLOC_KB);
	/* It keeps a part of what is freed for a while; such a kernel looks for leaks itself. */
	if (has_kasan()) {
		printf("slab, memory not available: not compared, KASAN keeps what is freed\n");
	} else {
		reports += differs("slab, KiB", before->slab_kb, after->slab_kb, SLAB_KB);
		reports += differs("memory not available, KiB", -before->available_kb,
				   -after->available_kb, AVAILABLE_KB);
	}
	return reports + print_messages(before->kmsg);
}
