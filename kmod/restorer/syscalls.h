/* SPDX-License-Identifier: GPL-2.0 */
/*
 * System calls of x86-64 Linux, without any C library: numbers, the raw call
 * and the few constants and structures that the restorer wants. A call answers
 * a negative errno on failure. Source: the kernel's include/uapi.
 */
#ifndef CRTOOLS_RESTORER_SYSCALLS_H
#define CRTOOLS_RESTORER_SYSCALLS_H

#include "crtools_format.h"

enum {
	NR_read = 0, NR_write = 1, NR_open = 2, NR_close = 3, NR_fstat = 5,
	NR_poll = 7, NR_lseek = 8, NR_mmap = 9, NR_mprotect = 10,
	NR_munmap = 11,
	NR_rt_sigaction = 13, NR_rt_sigprocmask = 14, NR_ioctl = 16,
	NR_pread64 = 17, NR_pwrite64 = 18, NR_mincore = 27, NR_setitimer = 38,
	NR_getpid = 39, NR_exit = 60, NR_wait4 = 61, NR_kill = 62,
	NR_fcntl = 72, NR_ftruncate = 77, NR_readlink = 89, NR_getuid = 102,
	NR_getgid = 104, NR_geteuid = 107, NR_getegid = 108, NR_getpgid = 121,
	NR_rt_sigtimedwait = 128, NR_rt_sigqueueinfo = 129,
	NR_sigaltstack = 131, NR_mlockall = 151, NR_prctl = 157,
	NR_arch_prctl = 158, NR_setrlimit = 160, NR_gettid = 186,
	NR_futex = 202, NR_set_tid_address = 218, NR_timer_create = 222,
	NR_timer_settime = 223, NR_timer_delete = 226, NR_exit_group = 231,
	NR_epoll_wait = 232, NR_epoll_ctl = 233, NR_openat = 257,
	NR_set_robust_list = 273, NR_signalfd4 = 289, NR_epoll_create1 = 291,
	NR_rt_tgsigqueueinfo = 297, NR_prlimit64 = 302,
	NR_process_vm_readv = 310, NR_process_vm_writev = 311,
	NR_execveat = 322, NR_membarrier = 324, NR_copy_file_range = 326,
	NR_rseq = 334, NR_pidfd_send_signal = 424, NR_pidfd_open = 434,
	NR_clone3 = 435, NR_close_range = 436,
};

enum {
	EPERM = 1, ENOENT = 2, ESRCH = 3, EINTR = 4, EIO = 5, E2BIG = 7,
	ENOEXEC = 8, EBADF = 9, ECHILD = 10, EAGAIN = 11, ENOMEM = 12,
	EACCES = 13, EFAULT = 14, EBUSY = 16, EEXIST = 17, EXDEV = 18, EINVAL = 22,
	ETXTBSY = 26, ENOSPC = 28, ESPIPE = 29, EPIPE = 32, ERANGE = 34,
	ENODATA = 61, EOPNOTSUPP = 95, ENXIO = 6,
};

#define CRT_IS_ERROR(ret)	((unsigned long)(ret) >= -4095ul)

static inline long syscall6(long nr, unsigned long a, unsigned long b,
			    unsigned long c, unsigned long d, unsigned long e,
			    unsigned long f)
{
	register unsigned long r10 asm("r10") = d;
	register unsigned long r8 asm("r8") = e;
	register unsigned long r9 asm("r9") = f;
	long ret;

	asm volatile("syscall" : "=a" (ret)
		     : "0" (nr), "D" (a), "S" (b), "d" (c), "r" (r10),
		       "r" (r8), "r" (r9)
		     : "rcx", "r11", "memory");
	return ret;
}

#define sys_6(nr, a, b, c, d, e, f)					\
	syscall6(nr, (unsigned long)(a), (unsigned long)(b),		\
		 (unsigned long)(c), (unsigned long)(d),		\
		 (unsigned long)(e), (unsigned long)(f))
#define sys_0(nr)			sys_6(nr, 0, 0, 0, 0, 0, 0)
#define sys_1(nr, a)			sys_6(nr, a, 0, 0, 0, 0, 0)
#define sys_2(nr, a, b)			sys_6(nr, a, b, 0, 0, 0, 0)
#define sys_3(nr, a, b, c)		sys_6(nr, a, b, c, 0, 0, 0)
#define sys_4(nr, a, b, c, d)		sys_6(nr, a, b, c, d, 0, 0)
#define sys_5(nr, a, b, c, d, e)	sys_6(nr, a, b, c, d, e, 0)

/* Repeats a call that a stop (SIGSTOP, a debugger) interrupted. */
#define sys_retry(call)							\
	({								\
		long ret_;						\
		do {							\
			ret_ = (call);					\
		} while (ret_ == -EINTR);				\
		ret_;							\
	})

enum {
	PROT_READ = 1, PROT_WRITE = 2,
	MAP_SHARED = 1, MAP_PRIVATE = 2, MAP_ANONYMOUS = 0x20,
	O_RDONLY = 0, O_WRONLY = 1, O_NONBLOCK = 0x800, O_DIRECTORY = 0x10000,
	O_CLOEXEC = 0x80000, O_PATH = 0x200000,
	AT_FDCWD = -100, AT_EMPTY_PATH = 0x1000,
	SEEK_SET = 0, SEEK_CUR = 1, SEEK_END = 2, SEEK_DATA = 3, SEEK_HOLE = 4,
	F_GETFL = 3, F_SETFL = 4,
	S_IFMT = 0170000, S_IFREG = 0100000, S_IFIFO = 0010000,
};

#define MAP_FAILED_(ret)	CRT_IS_ERROR(ret)

enum {
	CLONE_VM = 0x100, CLONE_FS = 0x200, CLONE_FILES = 0x400,
	CLONE_SIGHAND = 0x800, CLONE_THREAD = 0x10000, CLONE_SYSVSEM = 0x40000,
	CLONE_NEWUSER = 0x10000000, CLONE_NEWPID = 0x20000000,
};

struct clone_args {
	__u64 flags, pidfd, child_tid, parent_tid, exit_signal, stack,
	      stack_size, tls, set_tid, set_tid_size, cgroup;
};

enum {
	SIGHUP = 1, SIGINT = 2, SIGQUIT = 3, SIGKILL = 9, SIGUSR1 = 10,
	SIGUSR2 = 12, SIGTERM = 15, SIGCHLD = 17, SIGCONT = 18, SIGSTOP = 19,
	SIGTSTP = 20, SIGWINCH = 28,
	SIG_BLOCK = 0, SIG_UNBLOCK = 1, SIG_SETMASK = 2,
	SI_KERNEL = 0x80,
	WNOHANG = 1, WUNTRACED = 2, WCONTINUED = 8,
	TIOCGPGRP_ = 0x540f, TIOCSPGRP_ = 0x5410,
};

#define SIG_DFL_	0ul
#define SIG_IGN_	1ul
#define SIGBIT(sig)	(1ul << ((sig) - 1))

struct sys_siginfo {		/* its first fields; CRT_SIGINFO_SIZE bytes */
	__s32 signo, error, code, pad;
	__s32 pid;
	__u32 uid;
	__u8 rest[CRT_SIGINFO_SIZE - 24];
};

struct sys_timespec {
	__s64 sec, nsec;
};

struct sys_itimerval {
	__s64 interval_sec, interval_usec, value_sec, value_usec;
};

struct sys_itimerspec {
	struct sys_timespec interval, value;
};

struct sys_sigevent {
	__u64 value;
	__s32 signo, notify, tid;
	__u8 pad[44];
};

struct sys_altstack {
	__u64 sp;
	__u32 flags, pad;
	__u64 size;
};

struct sys_iovec {
	__u64 base, len;
};

struct sys_rlimit {
	__u64 cur, max;
};

struct sys_pollfd {
	__s32 fd;
	short events, revents;
};

struct sys_epoll_event {
	__u32 events;
	__u64 data;
} __attribute__((packed));

enum {
	POLLIN = 1, EPOLL_CTL_ADD = 1, EPOLL_CTL_DEL = 2,
	EPOLL_CLOEXEC = O_CLOEXEC, SFD_CLOEXEC = O_CLOEXEC,
	SFD_NONBLOCK = O_NONBLOCK,
};

struct sys_stat {		/* struct stat of x86-64 */
	__u64 dev, ino, nlink;
	__u32 mode, uid, gid, pad;
	__u64 rdev;
	__s64 size, blksize, blocks;
	__u64 times[6];
	__s64 unused[3];
};

enum {
	FUTEX_WAIT_PRIVATE = 0 | 128, FUTEX_WAKE_PRIVATE = 1 | 128,
	ARCH_SET_GS = 0x1001, ARCH_SET_FS = 0x1002,
	ARCH_REQ_XCOMP_PERM = 0x1023, ARCH_MAP_VDSO_64 = 0x2003,
	XFEATURE_XTILEDATA = 18,
	PR_SET_PDEATHSIG = 1, PR_GET_DUMPABLE = 3, PR_SET_DUMPABLE = 4,
	PR_SET_KEEPCAPS = 8, SECBIT_KEEP_CAPS = 0x10, PR_SET_NAME = 15,
	PR_GET_SECUREBITS = 27, PR_SET_SECUREBITS = 28,
	PR_SET_TIMERSLACK = 29, PR_SET_CHILD_SUBREAPER = 36,
	PR_SET_NO_NEW_PRIVS = 38, PR_GET_NO_NEW_PRIVS = 39,
	PR_SET_THP_DISABLE = 41, PR_SET_MDWE = 65, PR_GET_MDWE = 66,
	PR_SET_MEMORY_MERGE = 67, PR_TIMER_CREATE_RESTORE_IDS = 77,
	PR_SET_VMA = 0x53564d41, PR_SET_VMA_ANON_NAME = 0,
	RLIMIT_CORE = 4, RLIMIT_NOFILE = 7,
	SIGEV_THREAD_ID = 4,
};

#endif
