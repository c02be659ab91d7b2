// SPDX-License-Identifier: Apache-2.0
/*
 * malloc() by several threads (arenas of their own, large blocks mapped), which
 * goes on allocating, moving and freeing all the while. Argument: threads.
 */
#include "workload.h"

#include <pthread.h>

#define MAX_THREADS 64
#define BLOCKS 300

struct block {
	unsigned char *p;
	size_t len;
	uint64_t seed;
};

static struct block blocks[MAX_THREADS][BLOCKS];
static pthread_t threads[MAX_THREADS];
static int count;
static volatile int ready;
static volatile bool stop;

static uint64_t next(uint64_t *state)
{
	*state = *state * 6364136223846793005ull + 1442695040888963407ull;
	return *state >> 33;
}

static void renew(struct block *b, uint64_t *state)
{
	if (b->p && next(state) % 4 == 0) {
		size_t old = b->len, len = 1 + next(state) % 40000;

		b->p = realloc(b->p, len);
		expect(b->p, "realloc(%zu)", len);
		wl_expect_filled(b->p, len < old ? len & ~7ul : old, b->seed, "moved block");
		b->len = len;
	} else {
		free(b->p);
		b->len = next(state) % 100 == 0 ? 200000 + next(state) % 300000 : 1 + next(state) % 2000;
		b->p = malloc(b->len);
		expect(b->p, "malloc(%zu)", b->len);
	}
	b->seed = next(state);
	wl_fill(b->p, b->len, b->seed);
}

static void *work(void *arg)
{
	struct block *mine = arg;
	uint64_t state = mine - blocks[0] + 1;

	for (int i = 0; i < BLOCKS; i++)
		renew(&mine[i], &state);
	__atomic_add_fetch(&ready, 1, __ATOMIC_SEQ_CST);
	while (!stop) {
		struct block *b = &mine[next(&state) % BLOCKS];

		wl_expect_filled(b->p, b->len, b->seed, "block");
		renew(b, &state);
	}
	for (int i = 0; i < BLOCKS; i++) {
		wl_expect_filled(mine[i].p, mine[i].len, mine[i].seed, "block at the end");
		free(mine[i].p);
	}
	return NULL;
}

static void build(int argc, char **argv)
{
	count = wl_arg(argc, argv, 1, 4);
	expect(count <= MAX_THREADS, "at most %d threads", MAX_THREADS);
	for (int i = 0; i < count; i++)
		must_zero(pthread_create(&threads[i], NULL, work, blocks[i]));
	while (ready < count)
		usleep(1000);
}

static void check(void)
{
	stop = true;
	for (int i = 0; i < count; i++)
		must_zero(pthread_join(threads[i], NULL));
}

static void spoil(void)
{
	for (int i = 0; i < BLOCKS; i++)
		blocks[0][i].seed++;
}

const struct workload workload = { build, NULL, check, spoil };
