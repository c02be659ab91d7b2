// SPDX-License-Identifier: Apache-2.0
/*
 * A parent and its children share anonymous memory and a memfd; what one writes
 * the others see. One child has them at other addresses, one mapped the memfd
 * through an inherited descriptor. Argument: children.
 */
#include "mem.h"

#define PAGES 16
#define MAX_CHILDREN 100

static char *anon, *mem;
static int memfd, children;
static pid_t made[MAX_CHILDREN];

/* Word 0 of the first page: the round. Children answer in page 1 + index. */
static volatile uint32_t *word(char *base, int page, int i)
{
	return (volatile uint32_t *)(base + page * PAGE) + i;
}

static void child(void *arg)
{
	int id = (intptr_t)arg;
	char *anon_here = anon, *mem_here = mem;

	if (id == 0) {
		anon_here = must((char *)mremap(anon, PAGES * PAGE, PAGES * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED,
						mem_map(PAGES * PAGE, PROT_NONE, ANON, -1, 0)));
		must(munmap(mem, PAGES * PAGE));
		mem_here = mem_map(PAGES * PAGE, RW, MAP_SHARED, memfd, 0);
	}
	*word(anon_here, 1, id) = 1;
	wl_child_ready();
	wl_wait();
	/* The parent wrote the round after the wait; we echo it in both objects. */
	expect(*word(anon_here, 0, 0) == 2, "anonymous memory: round %u", *word(anon_here, 0, 0));
	expect(*word(mem_here, 0, 0) == 3, "memfd: round %u", *word(mem_here, 0, 0));
	wl_expect_filled(anon_here + 4 * PAGE, PAGE, 4, "anonymous memory");
	wl_expect_filled(mem_here + 4 * PAGE, PAGE, 5, "memfd");
	*word(anon_here, 1, id) = 20 + id;
	*word(mem_here, 1, id) = 30 + id;
}

static void build(int argc, char **argv)
{
	children = wl_arg(argc, argv, 1, 3);
	expect(children <= MAX_CHILDREN, "at most %d children", MAX_CHILDREN);
	anon = mem_map(PAGES * PAGE, RW, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	memfd = must(memfd_create("family", 0));
	must(ftruncate(memfd, PAGES * PAGE));
	mem = mem_map(PAGES * PAGE, RW, MAP_SHARED, memfd, 0);
	wl_fill(anon + 4 * PAGE, PAGE, 4);
	wl_fill(mem + 4 * PAGE, PAGE, 5);
	for (intptr_t i = 0; i < children; i++)
		made[i] = wl_child(child, (void *)i);
}

static void check(void)
{
	uint32_t value;

	*word(anon, 0, 0) = 2;
	*word(mem, 0, 0) = 3;
	wl_end_children(children);
	for (int i = 0; i < children; i++) {
		expect(*word(anon, 1, i) == 20u + i, "child %d wrote %u to the anonymous memory", i, *word(anon, 1, i));
		expect(*word(mem, 1, i) == 30u + i, "child %d wrote %u to the memfd", i, *word(mem, 1, i));
		must(pread(memfd, &value, 4, PAGE + 4 * i));
		expect(value == 30u + i, "the memfd's descriptor shows %u", value);
	}
}

static void spoil(void)
{
	/* Memory that is no longer the same object. */
	must(mmap(mem, PAGES * PAGE, RW, MAP_SHARED | MAP_ANONYMOUS | MAP_FIXED, -1, 0));
}

const struct workload workload = { build, NULL, check, spoil };
