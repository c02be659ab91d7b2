// SPDX-License-Identifier: Apache-2.0
/* A large reservation (argument: GiB) with few pages touched, which must stay few. */
#include "mem.h"

#define TOUCHED 20

static size_t size;
static char *area, *none;

static char *page(int i)
{
	return area + size / TOUCHED / PAGE * PAGE * i;
}

static void build(int argc, char **argv)
{
	size = (size_t)wl_arg(argc, argv, 1, 64) << 30;
	area = mem_map(size, RW, ANON | MAP_NORESERVE, -1, 0);
	none = mem_map(size, PROT_NONE, ANON | MAP_NORESERVE, -1, 0);
	/* A kernel without huge pages, such as one with PREEMPT_RT, does not know this. */
	if (madvise(area, size, MADV_NOHUGEPAGE) && errno != EINVAL)
		wl_fail("madvise: %s", strerror(errno));
	for (int i = 0; i < TOUCHED; i++)
		wl_fill(page(i), PAGE, i);
}

static void check(void)
{
	long rss;

	for (int i = 0; i < TOUCHED; i++)
		wl_expect_filled(page(i), PAGE, i, "touched page");
	rss = wl_status("VmRSS");
	expect(rss < 64 * 1024, "%ld kB of %d pages are resident", rss, TOUCHED);
	mem_expect_perms(none, "---p", "reservation");
	must(mprotect(none + size / 2 / PAGE * PAGE, PAGE, RW));
	none[size / 2 / PAGE * PAGE] = 1;
}

static void spoil(void)
{
	page(TOUCHED - 1)[1] ^= 1;
}

const struct workload workload = { build, NULL, check, spoil };
