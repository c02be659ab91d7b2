// SPDX-License-Identifier: GPL-2.0
// variants: CRT_ROBUST_IN_FUTEX CRT_ROBUST_IN_TASK
#include <linux/mutex.h>
#include <linux/futex.h>
#include <linux/sched.h>

struct robust_list_head __user *probe(struct task_struct *task)
{
#ifdef CRT_ROBUST_IN_FUTEX
	return task->futex.robust_list;
#else
	return task->robust_list;
#endif
}
