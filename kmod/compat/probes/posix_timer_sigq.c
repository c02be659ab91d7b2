// SPDX-License-Identifier: GPL-2.0
// variants: CRT_TIMER_SIGQ_INSIDE CRT_TIMER_SIGQ_POINTER
#include <linux/posix-timers.h>

struct sigqueue *probe(struct k_itimer *timer)
{
#ifdef CRT_TIMER_SIGQ_INSIDE
	return timer->it_status ? &timer->sigq : NULL;
#else
	return timer->it_active ? timer->sigq : NULL;
#endif
}
