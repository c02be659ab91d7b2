// SPDX-License-Identifier: Apache-2.0
/* Private anonymous memory: written, read-only, without access, untouched, zero, executable. */
#include "mem.h"

#define PAGES 64

static char *area, *readonly, *none, *guard, *code;

static void build(int argc, char **argv)
{
	/* mov $42, %eax; ret */
	static const unsigned char answer[] = { 0xb8, 42, 0, 0, 0, 0xc3 };

	(void)argc;
	(void)argv;
	area = mem_map(PAGES * PAGE, RW, ANON, -1, 0);
	/* Every third page written, every third untouched, every third written with zeros. */
	for (int i = 0; i < PAGES; i++) {
		if (i % 3 == 0)
			wl_fill(area + i * PAGE, PAGE, i);
		else if (i % 3 == 1)
			memset(area + i * PAGE, 0, PAGE);
	}
	/* Read only: the kernel's shared zero page. */
	expect(*(volatile char *)(area + 2 * PAGE) == 0, "fresh memory is not zero");
	readonly = mem_map(3 * PAGE, RW, ANON, -1, 0);
	wl_fill(readonly, 3 * PAGE, 1000);
	must(mprotect(readonly, 3 * PAGE, PROT_READ));
	none = mem_map(2 * PAGE, RW, ANON, -1, 0);
	wl_fill(none, 2 * PAGE, 2000);
	must(mprotect(none, 2 * PAGE, PROT_NONE));
	guard = mem_map(3 * PAGE, RW, ANON, -1, 0);
	must(mprotect(guard, PAGE, PROT_NONE));
	must(munmap(guard + 2 * PAGE, PAGE));
	wl_fill(guard + PAGE, PAGE, 3000);
	code = mem_map(PAGE, RW, ANON, -1, 0);
	memcpy(code, answer, sizeof(answer));
	must(mprotect(code, PAGE, PROT_READ | PROT_EXEC));
}

static void check(void)
{
	for (int i = 0; i < PAGES; i++) {
		if (i % 3 == 0)
			wl_expect_filled(area + i * PAGE, PAGE, i, "written page");
		else
			wl_expect_zero(area + i * PAGE, PAGE, "zero page");
	}
	wl_fill(area + 2 * PAGE, PAGE, 5);
	wl_expect_filled(area + 2 * PAGE, PAGE, 5, "page touched first after the wait");
	must(madvise(area, PAGES * PAGE, MADV_DONTNEED));
	wl_expect_zero(area, PAGES * PAGE, "memory after MADV_DONTNEED");
	mem_expect_perms(readonly, "r--p", "read-only memory");
	wl_expect_filled(readonly, 3 * PAGE, 1000, "read-only memory");
	mem_expect_perms(none, "---p", "memory without access");
	expect(!mem_readable(none), "PROT_NONE memory can be read");
	must(mprotect(none, 2 * PAGE, PROT_READ));
	wl_expect_filled(none, 2 * PAGE, 2000, "memory without access");
	expect(!mem_readable(guard), "a guard page can be read");
	wl_expect_filled(guard + PAGE, PAGE, 3000, "memory behind the guard page");
	expect(((int (*)(void))code)() == 42, "code in anonymous memory");
	/* Growth must bring zeros. */
	area = must((char *)mremap(area, PAGES * PAGE, 2 * PAGES * PAGE, MREMAP_MAYMOVE));
	wl_expect_zero(area, 2 * PAGES * PAGE, "grown memory");
}

static void spoil(void)
{
	area[3 * PAGE + 9] ^= 1;
}

const struct workload workload = { build, NULL, check, spoil };
