// SPDX-License-Identifier: Apache-2.0
/*
 * The demonstration's program: three threads count, each at its own pace; the
 * main thread prints the counters twice a second. Nothing in it knows of
 * checkpoints.
 */
#include <pthread.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#define THREADS 3

static volatile long counters[THREADS];
static __thread int my_number;

static void pause_ms(long ms)
{
	struct timespec t = { ms / 1000, ms % 1000 * 1000000 };

	nanosleep(&t, NULL);
}

static void *count(void *argument)
{
	my_number = (int)(long)argument;
	for (;;) {
		counters[my_number]++;
		pause_ms(10 * (my_number + 1));
	}
	return NULL;
}

int main(void)
{
	pthread_t thread;

	for (long i = 0; i < THREADS; i++)
		if (pthread_create(&thread, NULL, count, (void *)i))
			return 1;
	for (;;) {
		printf("pid %d counts:", getpid());
		for (int i = 0; i < THREADS; i++)
			printf(" %ld", counters[i]);
		printf("\n");
		fflush(stdout);
		pause_ms(500);
	}
}
