// SPDX-License-Identifier: Apache-2.0
/* Locked memory. */
#include "mem.h"

static char *area, *on_fault;

static void build(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	area = mem_map(4 * PAGE, RW, ANON, -1, 0);
	wl_fill(area, 4 * PAGE, 1);
	must(mlock(area, 4 * PAGE));
	on_fault = mem_map(4 * PAGE, RW, ANON, -1, 0);
	must(mlock2(on_fault, 4 * PAGE, MLOCK_ONFAULT));
	wl_fill(on_fault, PAGE, 2);
	expect(wl_status("VmLck") == 32, "VmLck: %ld kB", wl_status("VmLck"));
}

static void check(void)
{
	wl_expect_filled(area, 4 * PAGE, 1, "locked memory");
	wl_expect_filled(on_fault, PAGE, 2, "memory locked on fault");
	expect(wl_status("VmLck") == 32, "VmLck was 32 kB, is %ld", wl_status("VmLck"));
	must(munlock(area, 4 * PAGE));
	expect(wl_status("VmLck") == 16, "VmLck after munlock: %ld kB", wl_status("VmLck"));
}

static void spoil(void)
{
	must(munlock(on_fault, PAGE));
}

const struct workload workload = { build, NULL, check, spoil };
