// SPDX-License-Identifier: Apache-2.0
/* One thread that counts in user mode and never enters the kernel. */
#include "workload.h"

static struct wl_counter counter;

static void build(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	wl_counter_start(&counter, 7);
}

static void run(void)
{
	wl_ready();
	wl_unblock_term();
	do
		wl_counter_step(&counter);
	while (!wl_term);
}

static void check(void)
{
	wl_counter_check(&counter, "counter");
}

static void spoil(void)
{
	counter.x ^= 1;
}

const struct workload workload = { build, run, check, spoil };
