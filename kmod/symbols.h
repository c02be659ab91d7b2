/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Kernel functions that modules are not given, looked up by name at load.
 *
 * They are called through static calls: the call instruction is patched to go
 * straight to the function. An indirect call would fault on CPUs with IBT,
 * because the kernel overwrites the ENDBR of functions whose address it never
 * takes.
 *
 * Adding one: put its name in symbols_list.h and include the header that
 * declares it (or declare it below, if it is static); call it as
 * crt_call(name)(arguments). A function whose type differs between kernels
 * goes through compat/.
 */
#ifndef CRT_SYMBOLS_H
#define CRT_SYMBOLS_H

#include <linux/elf.h>
#include <linux/mm.h>
#include <linux/namei.h>
#include <linux/pagemap.h>
#include <linux/pagewalk.h>
#include <linux/ptrace.h>
#include <linux/restart_block.h>
#include <linux/sched/cputime.h>
#include <linux/sched/mm.h>
#include <linux/security.h>
#include <linux/sched/signal.h>
#include <linux/sched/task_stack.h>
#include <linux/static_call.h>

/* Static functions of restart blocks; only compared with, never called. */
long alarm_timer_nsleep_restart(struct restart_block *block);
long do_restart_poll(struct restart_block *block);
long futex_wait_restart(struct restart_block *block);
long hrtimer_nanosleep_restart(struct restart_block *block);
long posix_cpu_nsleep_restart(struct restart_block *block);

/* mm/mlock.c */
int do_mlock(unsigned long start, size_t len, vm_flags_t flags);
/* kernel/time/posix-cpu-timers.c */
int posix_cpu_clock_get(const clockid_t clock, struct timespec64 *tp);

/* fs/proc/base.c; the tables are struct pid_entry in the kernel. */
struct inode *proc_pid_make_inode(struct super_block *sb,
				  struct task_struct *task, umode_t mode);
struct dentry *proc_pident_lookup(struct inode *dir, struct dentry *dentry,
				  const void *table, const void *end);
int proc_pident_readdir(struct file *file, struct dir_context *ctx,
			const void *table, unsigned int entries);

#define CRT_SYMBOL(name) DECLARE_STATIC_CALL(crt_##name, name)
#include "symbols_list.h"
#undef CRT_SYMBOL

#define crt_call(name) static_call(crt_##name)

/*
 * The address of a symbol, or 0; crt_symbol() then writes a line to the log.
 * Only during load.
 */
unsigned long crt_find_symbol(const char *name);
unsigned long crt_symbol(const char *name);

#endif
