// SPDX-License-Identifier: Apache-2.0
package org.crtools.image;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Map;
import java.util.TreeMap;

/** Names of the numbers that system calls take, as their manual pages and the kernel's uapi headers of x86-64 have them. */
enum FlagNames {
    OPEN(
            true,
            "O_RDONLY 0 O_WRONLY 1 O_RDWR 2 O_CREAT 0100 O_EXCL 0200 O_NOCTTY 0400 O_TRUNC 01000 O_APPEND 02000"
                    + " O_NONBLOCK 04000 O_DSYNC 010000 O_ASYNC 020000 O_DIRECT 040000 O_LARGEFILE 0100000"
                    + " O_DIRECTORY 0200000 O_NOFOLLOW 0400000 O_NOATIME 01000000 O_CLOEXEC 02000000"
                    + " O_SYNC 04010000 O_PATH 010000000 O_TMPFILE 020200000"),
    PROT(true, "PROT_NONE 0 PROT_READ 1 PROT_WRITE 2 PROT_EXEC 4"),
    MAP(
            true,
            "MAP_SHARED 1 MAP_PRIVATE 2 MAP_SHARED_VALIDATE 3 MAP_FIXED 0x10 MAP_ANONYMOUS 0x20 MAP_GROWSDOWN 0x100"
                    + " MAP_LOCKED 0x2000 MAP_NORESERVE 0x4000 MAP_POPULATE 0x8000 MAP_STACK 0x20000"
                    + " MAP_HUGETLB 0x40000 MAP_FIXED_NOREPLACE 0x100000"),
    CLONE(
            true,
            "CLONE_NEWTIME 0x80 CLONE_VM 0x100 CLONE_FS 0x200 CLONE_FILES 0x400 CLONE_SIGHAND 0x800"
                    + " CLONE_PARENT 0x8000 CLONE_THREAD 0x10000 CLONE_NEWNS 0x20000 CLONE_NEWCGROUP 0x2000000"
                    + " CLONE_NEWUTS 0x4000000 CLONE_NEWIPC 0x8000000 CLONE_NEWUSER 0x10000000"
                    + " CLONE_NEWPID 0x20000000 CLONE_NEWNET 0x40000000"),
    AT(
            true,
            "AT_SYMLINK_NOFOLLOW 0x100 AT_EACCESS 0x200 AT_REMOVEDIR 0x200 AT_SYMLINK_FOLLOW 0x400"
                    + " AT_NO_AUTOMOUNT 0x800 AT_EMPTY_PATH 0x1000"),
    MEMFD(true, "MFD_CLOEXEC 1 MFD_ALLOW_SEALING 2 MFD_HUGETLB 4 MFD_NOEXEC_SEAL 8 MFD_EXEC 0x10"),
    WAIT(true, "WNOHANG 1 WUNTRACED 2 WEXITED 4 WCONTINUED 8 WNOWAIT 0x1000000 __WALL 0x40000000"),
    FD_FLAGS(true, "FD_CLOEXEC 1"),
    CLOSE_RANGE(true, "CLOSE_RANGE_UNSHARE 2 CLOSE_RANGE_CLOEXEC 4"),
    TIMER(true, "TIMER_ABSTIME 1"),
    DIRFD(false, "AT_FDCWD -100"),
    WHENCE(false, "SEEK_SET 0 SEEK_CUR 1 SEEK_END 2 SEEK_DATA 3 SEEK_HOLE 4"),
    FCNTL(
            false,
            "F_DUPFD 0 F_GETFD 1 F_SETFD 2 F_GETFL 3 F_SETFL 4 F_GETLK 5 F_SETLK 6 F_SETLKW 7 F_SETOWN 8 F_GETOWN 9"
                    + " F_SETSIG 10 F_GETSIG 11 F_SETOWN_EX 15 F_GETOWN_EX 16 F_OFD_GETLK 36 F_OFD_SETLK 37"
                    + " F_OFD_SETLKW 38 F_SETLEASE 1024 F_NOTIFY 1026 F_DUPFD_CLOEXEC 1030 F_SETPIPE_SZ 1031"
                    + " F_GETPIPE_SZ 1032 F_ADD_SEALS 1033 F_GET_SEALS 1034"),
    SIGNAL(
            false,
            "0 0 SIGHUP 1 SIGINT 2 SIGQUIT 3 SIGILL 4 SIGTRAP 5 SIGABRT 6 SIGBUS 7 SIGFPE 8 SIGKILL 9 SIGUSR1 10"
                    + " SIGSEGV 11 SIGUSR2 12 SIGPIPE 13 SIGALRM 14 SIGTERM 15 SIGSTKFLT 16 SIGCHLD 17 SIGCONT 18"
                    + " SIGSTOP 19 SIGTSTP 20 SIGTTIN 21 SIGTTOU 22 SIGURG 23 SIGXCPU 24 SIGXFSZ 25 SIGVTALRM 26"
                    + " SIGPROF 27 SIGWINCH 28 SIGIO 29 SIGPWR 30 SIGSYS 31"),
    SIGMASK_HOW(false, "SIG_BLOCK 0 SIG_UNBLOCK 1 SIG_SETMASK 2"),
    RLIMIT(
            false,
            "RLIMIT_CPU 0 RLIMIT_FSIZE 1 RLIMIT_DATA 2 RLIMIT_STACK 3 RLIMIT_CORE 4 RLIMIT_RSS 5 RLIMIT_NPROC 6"
                    + " RLIMIT_NOFILE 7 RLIMIT_MEMLOCK 8 RLIMIT_AS 9 RLIMIT_LOCKS 10 RLIMIT_SIGPENDING 11"
                    + " RLIMIT_MSGQUEUE 12 RLIMIT_NICE 13 RLIMIT_RTPRIO 14 RLIMIT_RTTIME 15"),
    ITIMER(false, "ITIMER_REAL 0 ITIMER_VIRTUAL 1 ITIMER_PROF 2"),
    CLOCK(
            false,
            "CLOCK_REALTIME 0 CLOCK_MONOTONIC 1 CLOCK_PROCESS_CPUTIME_ID 2 CLOCK_THREAD_CPUTIME_ID 3"
                    + " CLOCK_BOOTTIME 7 CLOCK_REALTIME_ALARM 8 CLOCK_BOOTTIME_ALARM 9 CLOCK_TAI 11"),
    PRIORITY(false, "PRIO_PROCESS 0 PRIO_PGRP 1 PRIO_USER 2"),
    SCHED(false, "SCHED_OTHER 0 SCHED_FIFO 1 SCHED_RR 2 SCHED_BATCH 3 SCHED_IDLE 5 SCHED_DEADLINE 6"),
    PRCTL(
            false,
            "PR_SET_PDEATHSIG 1 PR_SET_DUMPABLE 4 PR_SET_KEEPCAPS 8 PR_SET_NAME 15 PR_SET_SECCOMP 22"
                    + " PR_CAPBSET_DROP 24 PR_SET_SECUREBITS 28 PR_SET_TIMERSLACK 29 PR_SET_MM 35"
                    + " PR_SET_CHILD_SUBREAPER 36 PR_SET_NO_NEW_PRIVS 38 PR_SET_THP_DISABLE 41"
                    + " PR_CAP_AMBIENT 47 PR_SET_IO_FLUSHER 57 PR_SET_VMA 0x53564d41"),
    ARCH_PRCTL(
            false,
            "ARCH_SET_GS 0x1001 ARCH_SET_FS 0x1002 ARCH_GET_FS 0x1003 ARCH_GET_GS 0x1004 ARCH_MAP_VDSO_64 0x2003"),
    MADVISE(
            false,
            "MADV_NORMAL 0 MADV_RANDOM 1 MADV_SEQUENTIAL 2 MADV_WILLNEED 3 MADV_DONTNEED 4 MADV_FREE 8"
                    + " MADV_DONTFORK 10 MADV_DOFORK 11 MADV_MERGEABLE 12 MADV_UNMERGEABLE 13 MADV_HUGEPAGE 14"
                    + " MADV_NOHUGEPAGE 15 MADV_DONTDUMP 16 MADV_DODUMP 17 MADV_WIPEONFORK 18 MADV_KEEPONFORK 19"),
    ID_TYPE(false, "P_ALL 0 P_PID 1 P_PGID 2 P_PIDFD 3");

    private static final long O_ACCMODE = 3;

    private final boolean bits;
    private final TreeMap<Long, String> names = new TreeMap<>();

    FlagNames(boolean bits, String table) {
        this.bits = bits;
        String[] words = table.split(" ");
        for (int i = 0; i < words.length; i += 2) {
            names.put(Long.decode(words[i + 1]), words[i]);
        }
    }

    /** The number as strace writes it. */
    String format(long value) {
        String whole = names.get(value);
        if (whole != null) {
            return whole;
        }
        if (value == 0) {
            return "0";
        }
        return bits ? formatBits(value) : Long.toString(value);
    }

    /** Names of several bits (O_SYNC) are tried before those of one; written in ascending order. */
    private String formatBits(long value) {
        Deque<String> found = new ArrayDeque<>();
        long rest = this == OPEN ? value & ~O_ACCMODE : value;
        for (Map.Entry<Long, String> name : names.descendingMap().entrySet()) {
            long bit = name.getKey();
            if (bit != 0 && (rest & bit) == bit) {
                found.addFirst(name.getValue());
                rest &= ~bit;
            }
        }
        if (this == OPEN) {
            found.addFirst(names.getOrDefault(value & O_ACCMODE, "O_ACCMODE"));
        }
        if (rest != 0 || found.isEmpty()) {
            found.addLast("0x" + Long.toHexString(rest));
        }
        return String.join("|", found);
    }
}
