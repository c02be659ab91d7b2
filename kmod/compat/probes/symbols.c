// SPDX-License-Identifier: GPL-2.0
// variants: CRT_SYMBOLS_EXPORTED CRT_SYMBOLS_LOOKED_UP
#include <linux/posix-timers.h>
#include <linux/restart_block.h>

#ifdef CRT_SYMBOLS_EXPORTED
/* Declared by the patch that exports it and all the others. */
void *probe(void)
{
	return hrtimer_nanosleep_restart;
}
#else
int probe;	/* any other kernel */
#endif
