// SPDX-License-Identifier: GPL-2.0
/* The process behind an inode under /proc/PID/. */

#include <linux/err.h>
#include <linux/pid.h>
#include <linux/sched/mm.h>
#include <linux/sched/task.h>

#include "crtools.h"

struct task_struct *crt_proc_get_task(const struct inode *inode)
{
	return get_pid_task(proc_pid_entry_pid(inode), PIDTYPE_PID);
}

struct mm_struct *crt_proc_get_mm(const struct inode *inode,
				  struct task_struct **ret)
{
	struct task_struct *task = crt_proc_get_task(inode);
	struct mm_struct *mm;

	if (!task)
		return ERR_PTR(-ESRCH);
	mm = crt_call(mm_access)(task, PTRACE_MODE_ATTACH_FSCREDS);
	if (!mm)
		mm = ERR_PTR(-ESRCH);
	if (!IS_ERR(mm) && ret)
		*ret = task;
	else
		put_task_struct(task);
	return mm;
}
