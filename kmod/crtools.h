/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Internal interfaces of the crtools module.
 *
 * One noun per file, every global name starts with crt_:
 *
 *   main.c      load and unload, nothing else
 *   symbols.h   kernel functions that are not exported to modules
 *   proc_*.c    dump and mfd/ inside /proc/PID/ and /proc/PID/task/TID/
 *   mfd.c       the content of /proc/PID/mfd/
 *   dump*.c     the content of /proc/PID/dump
 *   binfmt*.c   execve() of an image
 *   restorer/   user-mode code that finishes the restored process
 *   compat/     everything in which kernels differ, force-included
 */
#ifndef CRTOOLS_H
#define CRTOOLS_H

#include <linux/fs.h>
#include <linux/kernel.h>
#include <linux/mm_types.h>
#include <linux/module.h>
#include <linux/sched.h>

#include "symbols.h"

/*
 * For what may be large, as its size comes from outside: that there is no
 * memory for it is the caller's business, and no news for the log.
 */
#define CRT_GFP_LARGE	(GFP_KERNEL_ACCOUNT | __GFP_NOWARN)

/*
 * proc_main.c: make the entries appear, or vanish for good.
 *
 * crt_proc_exit() may sleep for some RCU grace periods. When it returns no
 * CPU executes code of proc_*.c and mfd*.c, no dentry, inode or open file
 * refers to the module, and none will.
 */
int crt_proc_init(void);
void crt_proc_exit(void);

/*
 * proc_task.c: the process behind an inode under /proc/PID/.
 *
 * crt_proc_get_task() returns the task (the thread itself for
 * /proc/PID/task/TID/...) with a reference the caller drops by
 * put_task_struct(), or NULL if it is gone.
 *
 * crt_proc_get_mm() checks that the caller may attach to that task
 * (ptrace_may_access(ATTACH_FSCREDS), under exec_update_lock) and returns its
 * mm with mm_users raised: the caller calls mmput(), and mmgrab() before that
 * if it wants to keep the structure. With @ret not NULL the task is handed
 * out too, with a reference; on error *ret is untouched. Errors: -ESRCH (gone,
 * or a kernel thread), -EACCES, -EINTR.
 */
struct task_struct *crt_proc_get_task(const struct inode *inode);
struct mm_struct *crt_proc_get_mm(const struct inode *inode,
				  struct task_struct **ret);

/*
 * dump.c: the content of /proc/PID/dump.
 *
 * The entry has mode 0600. Opening it gets the mm through crt_proc_get_mm()
 * (this is the access check), keeps it by mmgrab() only, and sets i_size.
 * An open file holds a reference to the module.
 */
extern const struct file_operations crt_dump_fops;

/*
 * binfmt.c: the execve() handler for images. Calls of the handler hold a
 * module reference through linux_binfmt.module.
 */
void crt_binfmt_init(void);
void crt_binfmt_exit(void);

#endif
