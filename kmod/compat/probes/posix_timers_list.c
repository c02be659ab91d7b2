// SPDX-License-Identifier: GPL-2.0
// variants: CRT_TIMERS_HLIST CRT_TIMERS_LIST
#include <linux/posix-timers.h>
#include <linux/sched/signal.h>

void *probe(struct signal_struct *sig, struct k_itimer *timer)
{
#ifdef CRT_TIMERS_HLIST
	hlist_for_each_entry(timer, &sig->posix_timers, list)
		return timer;
#else
	list_for_each_entry(timer, &sig->posix_timers, list)
		return timer;
#endif
	return NULL;
}
