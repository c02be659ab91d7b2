/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Functions and variables of the kernel that modules are not given. They are
 * used as compat/compat_symbols.h says.
 *
 * Adding one: put its name in symbols_list.h, include the header that declares
 * it (or declare it below, if it is static), and add its export to the series
 * in kernel-patches/. What differs between kernels goes through compat/.
 */
#ifndef CRT_SYMBOLS_H
#define CRT_SYMBOLS_H

#include <linux/binfmts.h>
#include <linux/elf.h>
#include <linux/mm.h>
#include <linux/pagemap.h>
#include <linux/pagewalk.h>
#include <linux/ptrace.h>
#include <linux/restart_block.h>
#include <linux/sched/cputime.h>
#include <linux/sched/mm.h>
#include <linux/security.h>
#include <linux/sched/signal.h>
#include <linux/sched/task_stack.h>
#include <asm/vdso.h>

/* fs/binfmt_elf.c */
extern struct linux_binfmt elf_format;
/* arch/x86/kernel/fpu/legacy.h */
extern unsigned int mxcsr_feature_mask;
/* mm/internal.h */
extern int sysctl_max_map_count;

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

#include "compat_symbols.h"

#endif
