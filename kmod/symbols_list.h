/* SPDX-License-Identifier: GPL-2.0 */
/* The functions of symbols.h, in the order of the alphabet. No include guard. */
#ifndef CRT_SYMBOL_OPTIONAL
#define CRT_SYMBOL_OPTIONAL(name)	CRT_SYMBOL(name)
#endif
/* Compiled away by kernels that cannot sleep on alarm clocks: no RTC_CLASS. */
CRT_SYMBOL_OPTIONAL(alarm_timer_nsleep_restart);
CRT_SYMBOL(do_madvise);
CRT_SYMBOL(do_mlock);
CRT_SYMBOL(do_no_restart_syscall);
CRT_SYMBOL(do_restart_poll);
CRT_SYMBOL(futex_wait_restart);
CRT_SYMBOL(get_mm_exe_file);
CRT_SYMBOL(hrtimer_nanosleep_restart);
CRT_SYMBOL(lock_task_sighand);
CRT_SYMBOL(mapping_seek_hole_data);
CRT_SYMBOL(mm_access);
CRT_SYMBOL(path_noexec);
CRT_SYMBOL(posix_cpu_clock_get);
CRT_SYMBOL(posix_cpu_nsleep_restart);
CRT_SYMBOL(ptrace_may_access);
CRT_SYMBOL(put_task_stack);
CRT_SYMBOL(security_file_permission);
CRT_SYMBOL(security_mmap_addr);
CRT_SYMBOL(security_mmap_file);
CRT_SYMBOL(set_mm_exe_file);
CRT_SYMBOL(set_personality_64bit);
CRT_SYMBOL(thread_group_cputime);
CRT_SYMBOL(walk_page_range);
#undef CRT_SYMBOL_OPTIONAL
