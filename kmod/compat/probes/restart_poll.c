// SPDX-License-Identifier: GPL-2.0
// variants: CRT_POLL_TIMESPEC CRT_POLL_SEC_NSEC
#include <linux/restart_block.h>

unsigned long probe(struct restart_block *block)
{
#ifdef CRT_POLL_TIMESPEC
	return block->poll.end_time.tv_sec + block->poll.end_time.tv_nsec;
#else
	return block->poll.tv_sec + block->poll.tv_nsec;
#endif
}
