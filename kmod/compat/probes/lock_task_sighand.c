// SPDX-License-Identifier: GPL-2.0
// variants: CRT_LOCK_SIGHAND_INLINE CRT_LOCK_SIGHAND_FUNCTION
#include <linux/sched/signal.h>

struct sighand_struct *probe(struct task_struct *task, unsigned long *flags)
{
#ifdef CRT_LOCK_SIGHAND_INLINE
	return __lock_task_sighand(task, flags);
#else
	return lock_task_sighand(task, flags);
#endif
}
