// SPDX-License-Identifier: Apache-2.0
/*
 * A thread waits in vfork() for a child that goes on until the check: nothing
 * but SIGKILL reaches the thread until then.
 */
#include "workload.h"

#include <pthread.h>
#include <sys/wait.h>

#define STATUS 42

static int go[2];
static pthread_t thread;
static volatile bool begun, over;
static volatile int status;

static void *wait_in_vfork(void *arg)
{
	pid_t pid = must(vfork());

	/* The child, in the memory of its parent: system calls and no more. */
	if (!pid) {
		unsigned char byte = 0;

		close(go[1]);
		begun = true;
		while (read(go[0], &byte, 1) == -1 && errno == EINTR)
			;
		_exit(byte);
	}
	over = true;
	must(waitpid(pid, (int *)&status, 0));
	return arg;
}

static void build(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	must(pipe(go));
	must_zero(pthread_create(&thread, NULL, wait_in_vfork, NULL));
	while (!begun)
		usleep(1000);
}

static void check(void)
{
	unsigned char byte = STATUS;

	expect(!over, "vfork() returned too early");
	must(write(go[1], &byte, 1));
	must_zero(pthread_join(thread, NULL));
	expect(WIFEXITED(status) && WEXITSTATUS(status) == STATUS, "the child ended with status %#x", status);
}

static void spoil(void)
{
	/* Ends the child before its time. */
	close(go[1]);
	while (!over)
		usleep(1000);
}

const struct workload workload = { build, NULL, check, spoil };
