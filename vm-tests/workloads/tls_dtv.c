// SPDX-License-Identifier: Apache-2.0
/* Many thread-local variables of many sizes, in several threads. */
#include "workload.h"

#include <pthread.h>

#define THREADS 5
#define VARS(X) X(0) X(1) X(2) X(3) X(4) X(5) X(6) X(7) X(8) X(9) X(10) X(11)

#define DEFINE(n) \
	static __thread volatile uint64_t word_##n = 0xabc0 + n; \
	static __thread unsigned char block_##n[1 + n * 37];
VARS(DEFINE)
static __thread unsigned char big[65536] __attribute__((aligned(64)));
static __thread unsigned char *big_address;

static volatile int ready;
static volatile bool stop;
static pthread_t threads[THREADS];

static void set(int id)
{
#define SET(n) \
	expect(word_##n == 0xabc0 + n, "initial value of word %d", n); \
	word_##n = 1000 * id + n; \
	wl_fill(block_##n, sizeof(block_##n), 1000 * id + n);
	VARS(SET)
	wl_fill(big, sizeof(big), id);
	big_address = big;
}

static void verify(int id)
{
#define VERIFY(n) \
	expect(word_##n == 1000u * id + n, "thread %d: word %d", id, n); \
	wl_expect_filled(block_##n, sizeof(block_##n), 1000 * id + n, "block");
	VARS(VERIFY)
	wl_expect_filled(big, sizeof(big), id, "large block");
	expect(big_address == big, "thread %d: the large block moved", id);
}

static void *work(void *arg)
{
	int id = (intptr_t)arg;

	set(id);
	__atomic_add_fetch(&ready, 1, __ATOMIC_SEQ_CST);
	while (!stop) {
		verify(id);
		usleep(1000);
	}
	verify(id);
	return NULL;
}

static void *fresh(void *arg)
{
	/* A new thread starts from the initial values, whatever the others hold. */
	set(77);
	verify(77);
	return arg;
}

static void build(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	set(99);
	for (intptr_t i = 0; i < THREADS; i++)
		must_zero(pthread_create(&threads[i], NULL, work, (void *)(i + 1)));
	while (ready < THREADS)
		usleep(1000);
}

static void check(void)
{
	pthread_t thread;

	stop = true;
	for (int i = 0; i < THREADS; i++)
		must_zero(pthread_join(threads[i], NULL));
	verify(99);
	must_zero(pthread_create(&thread, NULL, fresh, NULL));
	must_zero(pthread_join(thread, NULL));
}

static void spoil(void)
{
	word_7++;
}

const struct workload workload = { build, NULL, check, spoil };
