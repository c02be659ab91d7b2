// SPDX-License-Identifier: Apache-2.0
/* A heap made with brk(), which must also grow and shrink afterwards. */
#include "workload.h"

#define SIZE (3 * 1024 * 1024 + 123)

static char *heap;
static char *end;

/* The system call: not every libc has sbrk() with an argument. Returns the break. */
static char *set_break(char *to)
{
	return (char *)syscall(SYS_brk, to);
}

static void build(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	heap = set_break(NULL);
	end = set_break(heap + SIZE);
	expect(end == heap + SIZE, "brk: no memory");
	wl_fill(heap, SIZE, 3);
}

static void check(void)
{
	expect(set_break(NULL) == end, "the break was %p, is %p", end, set_break(NULL));
	wl_expect_filled(heap, SIZE, 3, "heap");
	expect(set_break(end + SIZE) == end + SIZE, "the heap does not grow");
	wl_expect_zero(end, SIZE, "new part of the heap");
	wl_fill(end, SIZE, 4);
	wl_expect_filled(end, SIZE, 4, "grown heap");
	expect(set_break(end) == end, "the heap does not shrink");
	wl_expect_filled(heap, SIZE, 3, "heap after shrinking");
}

static void spoil(void)
{
	heap[SIZE / 2] ^= 1;
}

const struct workload workload = { build, NULL, check, spoil };
