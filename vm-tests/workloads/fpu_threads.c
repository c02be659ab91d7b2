// SPDX-License-Identifier: Apache-2.0
/*
 * Threads which compute in vector registers (AVX where the CPU has it, else SSE)
 * and on the x87 stack all the while, each with values of its own. The sums are
 * of whole numbers below 2^53, so they are exact. Argument: threads.
 */
#include "workload.h"

#include <pthread.h>

#define MAX_THREADS 64
#define LANES 4
#define REGISTERS 16

static pthread_t threads[MAX_THREADS];
static int count;
static volatile unsigned long rounds[MAX_THREADS];
static volatile bool stop, spoiled;
static bool avx;

#define EACH(X) \
	X(0) X(1) X(2) X(3) X(4) X(5) X(6) X(7) X(8) X(9) X(10) X(11) X(12) X(13) X(14) X(15)
#define CLOBBER "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7", "xmm8", "xmm9", \
	"xmm10", "xmm11", "xmm12", "xmm13", "xmm14", "xmm15", "memory", "cc"
#define AVX_LOAD(n) "vmovupd 32*" #n "(%1), %%ymm" #n "\n"
#define AVX_ADD(n) "vaddpd 512(%1), %%ymm" #n ", %%ymm" #n "\n"
#define AVX_STORE(n) "vmovupd %%ymm" #n ", 32*" #n "(%1)\n"
#define SSE_LOAD(n) "movupd 32*" #n "(%1), %%xmm" #n "\n"
#define SSE_ADD(n) "addpd 512(%1), %%xmm" #n "\n"
#define SSE_STORE(n) "movupd %%xmm" #n ", 32*" #n "(%1)\n"

/* values[16][4], then the step. The registers hold the sums for n additions. */
static void add_avx(double *values, uint64_t n)
{
	__asm__ volatile(EACH(AVX_LOAD) "1:\n" EACH(AVX_ADD) "dec %0\n jnz 1b\n" EACH(AVX_STORE) "vzeroupper\n"
			 : "+r"(n) : "r"(values) : CLOBBER);
}

static void add_sse(double *values, uint64_t n)
{
	__asm__ volatile(EACH(SSE_LOAD) "1:\n" EACH(SSE_ADD) "dec %0\n jnz 1b\n" EACH(SSE_STORE)
			 : "+r"(n) : "r"(values) : CLOBBER);
}

static double add_x87(double start, double step, uint64_t n)
{
	double result;

	/* Seven values below the sum, which must come off in order. */
	__asm__ volatile("fldz\n fld1\n fldpi\n fldz\n fld1\n"
			 "fldl %2\n fldl %3\n"
			 "1: fadd %%st, %%st(1)\n dec %1\n jnz 1b\n"
			 "fstp %%st(0)\n fstpl %0\n"
			 "fstp %%st(0)\n fstp %%st(0)\n fstp %%st(0)\n fstp %%st(0)\n fstp %%st(0)\n"
			 : "=m"(result), "+r"(n) : "m"(start), "m"(step)
			 : "st", "st(1)", "st(2)", "st(3)", "st(4)", "st(5)", "st(6)", "st(7)", "cc");
	return result;
}

static void *work(void *arg)
{
	int id = (intptr_t)arg, lanes = avx ? LANES : 2;
	double values[REGISTERS * LANES + LANES];
	const uint64_t n = 20000;

	do {
		for (int i = 0; i < REGISTERS * LANES; i++)
			values[i] = id * 1000000 + i;
		for (int i = 0; i < LANES; i++)
			values[REGISTERS * LANES + i] = id + 1 + i;
		if (avx)
			add_avx(values, n);
		else
			add_sse(values, n);
		if (spoiled)
			values[63 - (avx ? 0 : 2)]++;
		for (int i = 0; i < REGISTERS * LANES; i++) {
			int lane = i % LANES;
			double want = id * 1000000 + i + (double)n * (id + 1 + lane);

			expect(lane >= lanes || values[i] == want, "thread %d: register %d lane %d is %f, not %f", id,
			       i / LANES, lane, values[i], want);
		}
		expect(add_x87(id, id + 3, n) == id + (double)n * (id + 3), "thread %d: x87 sum", id);
		rounds[id]++;
	} while (!stop);
	return NULL;
}

static void build(int argc, char **argv)
{
	count = wl_arg(argc, argv, 1, 4);
	expect(count <= MAX_THREADS, "at most %d threads", MAX_THREADS);
	__builtin_cpu_init();
	avx = __builtin_cpu_supports("avx");
	for (intptr_t i = 0; i < count; i++)
		must_zero(pthread_create(&threads[i], NULL, work, (void *)i));
	for (int i = 0; i < count; i++)
		while (!rounds[i])
			usleep(1000);
}

static void check(void)
{
	unsigned long before[MAX_THREADS];

	memcpy(before, (void *)rounds, sizeof(before));
	for (int i = 0; i < count; i++)
		while (rounds[i] < before[i] + 2)
			usleep(1000);
	stop = true;
	for (int i = 0; i < count; i++)
		must_zero(pthread_join(threads[i], NULL));
}

static void spoil(void)
{
	spoiled = true;
}

const struct workload workload = { build, NULL, check, spoil };
