// SPDX-License-Identifier: GPL-2.0
// variants: CRT_DEQUEUED_LATE CRT_DEQUEUED_AT_ONCE
#include <linux/sched.h>

int probe(struct task_struct *task)
{
#ifdef CRT_DEQUEUED_LATE
	return task->on_rq && !task->se.sched_delayed;
#else
	return task->on_rq;
#endif
}
