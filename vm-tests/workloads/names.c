// SPDX-License-Identifier: Apache-2.0
/* Names of processes and threads, with odd characters. */
#include "tree.h"

#include <pthread.h>
#include <sys/prctl.h>

static const char *const names[] = { "fifteen-chars-x", "a) (b", "sp ace", "\xff\xfe!", "x" };

#define NAMES ((int)(sizeof(names) / sizeof(names[0])))

static pthread_t threads[NAMES];
static volatile int ready;
static volatile bool stop;

static void *thread(void *arg)
{
	const char *name = arg;
	char now[32];

	must(prctl(PR_SET_NAME, name));
	__atomic_add_fetch(&ready, 1, __ATOMIC_SEQ_CST);
	while (!stop)
		usleep(5000);
	tree_expect_comm("thread-self", name);
	must(prctl(PR_GET_NAME, now));
	expect(!strcmp(now, name), "a thread's name was %s, is %s", name, now);
	return NULL;
}

static void child(void *arg)
{
	must(prctl(PR_SET_NAME, arg));
	wl_child_ready();
	wl_wait();
	tree_expect_comm("self", arg);
}

static void build(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	for (int i = 0; i < NAMES; i++)
		wl_child(child, (void *)names[i]);
	for (int i = 0; i < NAMES; i++)
		must_zero(pthread_create(&threads[i], NULL, thread, (void *)names[i]));
	while (ready < NAMES)
		usleep(1000);
	must(prctl(PR_SET_NAME, "the main one"));
}

static void check(void)
{
	tree_expect_comm("self", "the main one");
	stop = true;
	for (int i = 0; i < NAMES; i++)
		must_zero(pthread_join(threads[i], NULL));
	wl_end_children(NAMES);
}

static void spoil(void)
{
	must(prctl(PR_SET_NAME, "another one"));
}

const struct workload workload = { build, NULL, check, spoil };
