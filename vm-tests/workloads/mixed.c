// SPDX-License-Identifier: Apache-2.0
/*
 * A little of everything, for tests that interrupt the tools at every step: two
 * processes that share a pipe with data in it, an unlinked file and anonymous
 * memory; an ordinary file; an unlinked FIFO with data in it; threads.
 * Argument: children.
 */
#include "mem.h"
#include "pipes.h"

#include <pthread.h>

#define LENGTH 20000
#define SHARED (4 * PAGE)
#define THREADS 2
#define MAX_CHILDREN 64

static int children, ends[2], fifo[2], gone, named;
static char *shared;
static pthread_t threads[THREADS];
static pthread_barrier_t begun, finish;

static void *thread(void *arg)
{
	uint64_t seed = 50 + (intptr_t)arg;
	unsigned char mine[3000];

	wl_fill(mine, sizeof(mine), seed);
	pthread_barrier_wait(&begun);
	pthread_barrier_wait(&finish);
	wl_expect_filled(mine, sizeof(mine), seed, "a thread's stack");
	return NULL;
}

static void expect_file(int fd, uint64_t seed, const char *what)
{
	char buf[LENGTH];

	expect(must(pread(fd, buf, LENGTH, 0)) == LENGTH, "%s: short read", what);
	wl_expect_filled(buf, LENGTH, seed, what);
}

static void expect_shared(void)
{
	wl_expect_filled(shared, PAGE, 3, "shared memory");
	expect_file(gone, 1, "the unlinked file");
}

static volatile uint32_t *word(int index)
{
	return (volatile uint32_t *)(shared + 2 * PAGE) + index;
}

static void child(void *arg)
{
	int index = (intptr_t)arg;

	close(ends[0]);
	close(named);
	close(fifo[0]);
	close(fifo[1]);
	wl_child_ready();
	wl_wait();
	expect_shared();
	*word(index) = 70 + index;
}

static void build(int argc, char **argv)
{
	char *name = wl_path("gone"), *passage = wl_path("passage");

	children = wl_arg(argc, argv, 1, 1);
	expect(children <= MAX_CHILDREN, "at most %d children", MAX_CHILDREN);
	must(pipe(ends));
	wl_make_file(name, LENGTH, 1);
	gone = must(open(name, O_RDWR));
	must(unlink(name));
	must(mkfifo(passage, 0600));
	fifo[0] = must(open(passage, O_RDONLY | O_NONBLOCK));
	fifo[1] = must(open(passage, O_WRONLY));
	must(unlink(passage));
	pipes_put(fifo[1], 300, 5);
	wl_make_file(wl_path("named"), LENGTH, 2);
	named = must(open(wl_path("named"), O_RDWR));
	must(lseek(named, 100, SEEK_SET));
	shared = mem_map(SHARED, RW, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	wl_fill(shared, PAGE, 3);
	for (intptr_t i = 0; i < children; i++)
		wl_child(child, (void *)i);
	pipes_put(ends[1], 500, 4);
	close(ends[1]);
	must_zero(pthread_barrier_init(&begun, NULL, THREADS + 1));
	must_zero(pthread_barrier_init(&finish, NULL, THREADS + 1));
	for (intptr_t i = 0; i < THREADS; i++)
		must_zero(pthread_create(&threads[i], NULL, thread, (void *)i));
	pthread_barrier_wait(&begun);
}

static void check(void)
{
	expect_shared();
	expect_file(named, 2, "the file");
	expect(must(lseek(named, 0, SEEK_CUR)) == 100, "position in the file");
	wl_end_children(children);
	for (int i = 0; i < children; i++)
		expect(*word(i) == 70u + i, "child %d wrote %u to the shared memory", i, *word(i));
	pthread_barrier_wait(&finish);
	for (int i = 0; i < THREADS; i++)
		must_zero(pthread_join(threads[i], NULL));
	pipes_expect(fifo[0], 300, 5, "data in the unlinked FIFO");
	pipes_expect(ends[0], 500, 4, "data in the pipe");
	expect(must(read(ends[0], &(char){ 0 }, 1)) == 0, "a writer is left somewhere");
}

static void spoil(void)
{
	shared[7] ^= 1;
}

const struct workload workload = { build, NULL, check, spoil };
