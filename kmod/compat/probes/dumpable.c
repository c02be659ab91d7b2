// SPDX-License-Identifier: GPL-2.0
// variants: CRT_DUMPABLE_OF_TASK CRT_DUMPABLE_OF_MM
#include <linux/sched.h>
#include <linux/sched/coredump.h>
#ifdef CRT_DUMPABLE_OF_TASK
#include <linux/sched/exec_state.h>
#endif

int probe(struct task_struct *task, struct mm_struct *mm)
{
#ifdef CRT_DUMPABLE_OF_TASK
	return rcu_dereference(task->exec_state)->dumpable;
#else
	return get_dumpable(mm);
#endif
}
