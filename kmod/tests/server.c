// SPDX-License-Identifier: Apache-2.0
/*
 * A process that does the system calls it is told. usage: server [FLAG...]
 *
 * Says "buffer ADDRESS" (hexadecimal), where pointers may lead to, and "ready".
 * Each line on standard input is
 *
 *   NUMBER ARGUMENT...     up to six, hexadecimal: the call's result is the
 *                          answer, a negative errno if it failed
 *   put OFFSET BYTES       hexadecimal bytes into the buffer; answers 0
 *
 * Flags: "thread" starts a thread that sleeps for ever, with credentials of its
 * own; "secret N" keeps the byte N all over a page, and tells where ("page
 * ADDRESS"). A static program without randomised addresses, so that its image
 * can be edited.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#define PAGE 4096

static char buffer[PAGE] __attribute__((aligned(PAGE)));

static void *sleeper(void *unused)
{
	for (;;)
		pause();
	return unused;
}

static void start(char **flags)
{
	for (; *flags; flags++) {
		if (!strcmp(*flags, "thread")) {
			pthread_t thread;

			if (pthread_create(&thread, NULL, sleeper, NULL))
				exit(77);
		} else if (!strcmp(*flags, "secret")) {
			char *page = mmap(NULL, PAGE, PROT_READ | PROT_WRITE,
					  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

			if (page == MAP_FAILED || !*++flags)
				exit(77);
			memset(page, atoi(*flags), PAGE);
			printf("page %lx\n", (unsigned long)page);
		}
	}
}

static long put(const char *line)
{
	unsigned int offset, byte;
	int used;

	if (sscanf(line, "%x%n", &offset, &used) != 1)
		return -EINVAL;
	for (line += used + 1; offset < PAGE && sscanf(line, "%2x", &byte) == 1; line += 2)
		buffer[offset++] = byte;
	return 0;
}

static long call(const char *line)
{
	unsigned long words[7] = { 0 };
	long ret;

	sscanf(line, "%lx %lx %lx %lx %lx %lx %lx", &words[0], &words[1], &words[2],
	       &words[3], &words[4], &words[5], &words[6]);
	ret = syscall(words[0], words[1], words[2], words[3], words[4], words[5], words[6]);
	return ret == -1 ? -errno : ret;
}

/* Byte by byte: nothing is to be left in a buffer when an image is made. */
static int get_line(char *line, size_t size)
{
	size_t length = 0;

	while (length + 1 < size && read(0, line + length, 1) == 1) {
		if (line[length] == '\n') {
			line[length] = '\0';
			return 1;
		}
		length++;
	}
	return 0;
}

int main(int argc, char **argv)
{
	static char line[2 * PAGE + 100];

	setvbuf(stdout, NULL, _IOLBF, 0);
	if (argc > 1)
		start(argv + 1);
	printf("buffer %lx\nready\n", (unsigned long)buffer);
	while (get_line(line, sizeof(line)))
		printf("%ld\n", strncmp(line, "put ", 4) ? call(line) : put(line + 4));
	return 0;
}
