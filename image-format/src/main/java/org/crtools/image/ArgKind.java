// SPDX-License-Identifier: Apache-2.0
package org.crtools.image;

import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/** How an operand of a system call reads best. */
enum ArgKind {
    NUMBER(null),
    HEX(null),
    OCTAL(null),
    TEXT(null),
    OPEN(FlagNames.OPEN),
    PROT(FlagNames.PROT),
    MAP(FlagNames.MAP),
    CLONE(FlagNames.CLONE),
    AT(FlagNames.AT),
    MEMFD(FlagNames.MEMFD),
    WAIT(FlagNames.WAIT),
    FD_FLAGS(FlagNames.FD_FLAGS),
    CLOSE_RANGE(FlagNames.CLOSE_RANGE),
    TIMER(FlagNames.TIMER),
    DIRFD(FlagNames.DIRFD),
    WHENCE(FlagNames.WHENCE),
    FCNTL(FlagNames.FCNTL),
    SIGNAL(FlagNames.SIGNAL),
    SIGMASK_HOW(FlagNames.SIGMASK_HOW),
    RLIMIT(FlagNames.RLIMIT),
    ITIMER(FlagNames.ITIMER),
    CLOCK(FlagNames.CLOCK),
    PRIORITY(FlagNames.PRIORITY),
    SCHED(FlagNames.SCHED),
    PRCTL(FlagNames.PRCTL),
    ARCH_PRCTL(FlagNames.ARCH_PRCTL),
    MADVISE(FlagNames.MADVISE),
    ID_TYPE(FlagNames.ID_TYPE);

    private static final long F_SETFD = 2;
    private static final long F_SETFL = 4;

    /** What operands of calls that are not listed here, or behind the listed ones, are. */
    private static final List<ArgKind> NONE = List.of();

    private static final Map<Syscall, List<ArgKind>> KINDS = kinds();

    private final FlagNames names;

    ArgKind(FlagNames names) {
        this.names = names;
    }

    /** {@code args} are all operands, as that of fcntl(2) depends on its command. */
    static ArgKind of(Syscall call, int index, List<Arg> args) {
        if (call == Syscall.FCNTL && index == 2) {
            Arg command = args.get(1);
            if (command.equals(Arg.imm(F_SETFD))) {
                return FD_FLAGS;
            }
            return command.equals(Arg.imm(F_SETFL)) ? OPEN : NUMBER;
        }
        List<ArgKind> kinds = KINDS.getOrDefault(call, NONE);
        return index < kinds.size() ? kinds.get(index) : NUMBER;
    }

    /** A plain number, as strace writes it. */
    String format(long value) {
        if (names != null) {
            return names.format(this == DIRFD || names == FlagNames.SIGNAL ? (int) value : value);
        }
        if (this == OCTAL) {
            return value == 0 ? "0" : "0" + Long.toOctalString(value);
        }
        if (this == HEX || value > 0xffffff || value < -0xffffff) {
            return "0x" + Long.toHexString(value);
        }
        return Long.toString(value);
    }

    private static Map<Syscall, List<ArgKind>> kinds() {
        Map<Syscall, List<ArgKind>> kinds = new EnumMap<>(Syscall.class);
        kinds.put(Syscall.OPEN, List.of(TEXT, OPEN, OCTAL));
        kinds.put(Syscall.OPENAT, List.of(DIRFD, TEXT, OPEN, OCTAL));
        kinds.put(Syscall.PIPE2, List.of(NUMBER, OPEN));
        kinds.put(Syscall.DUP3, List.of(NUMBER, NUMBER, OPEN));
        kinds.put(Syscall.FCNTL, List.of(NUMBER, FCNTL));
        kinds.put(Syscall.LSEEK, List.of(NUMBER, NUMBER, WHENCE));
        kinds.put(Syscall.CLOSE_RANGE, List.of(NUMBER, NUMBER, CLOSE_RANGE));
        kinds.put(Syscall.UMASK, List.of(OCTAL));
        kinds.put(Syscall.CHDIR, List.of(TEXT));
        kinds.put(Syscall.CHROOT, List.of(TEXT));
        kinds.put(Syscall.MKDIR, List.of(TEXT, OCTAL));
        kinds.put(Syscall.MKDIRAT, List.of(DIRFD, TEXT, OCTAL));
        kinds.put(Syscall.MKNOD, List.of(TEXT, OCTAL, HEX));
        kinds.put(Syscall.MKNODAT, List.of(DIRFD, TEXT, OCTAL, HEX));
        kinds.put(Syscall.UNLINK, List.of(TEXT));
        kinds.put(Syscall.UNLINKAT, List.of(DIRFD, TEXT, AT));
        kinds.put(Syscall.LINKAT, List.of(DIRFD, TEXT, DIRFD, TEXT, AT));
        kinds.put(Syscall.SYMLINKAT, List.of(TEXT, DIRFD, TEXT));
        kinds.put(Syscall.RENAME, List.of(TEXT, TEXT));
        kinds.put(Syscall.CHMOD, List.of(TEXT, OCTAL));
        kinds.put(Syscall.FCHMOD, List.of(NUMBER, OCTAL));
        kinds.put(Syscall.FCHMODAT, List.of(DIRFD, TEXT, OCTAL));
        kinds.put(Syscall.FCHOWNAT, List.of(DIRFD, TEXT, NUMBER, NUMBER, AT));
        kinds.put(Syscall.EXECVEAT, List.of(DIRFD, TEXT, HEX, HEX, AT));
        kinds.put(Syscall.MEMFD_CREATE, List.of(TEXT, MEMFD));
        kinds.put(Syscall.MMAP, List.of(HEX, NUMBER, PROT, MAP, NUMBER, HEX));
        kinds.put(Syscall.MUNMAP, List.of(HEX, NUMBER));
        kinds.put(Syscall.MPROTECT, List.of(HEX, NUMBER, PROT));
        kinds.put(Syscall.MADVISE, List.of(HEX, NUMBER, MADVISE));
        kinds.put(Syscall.MLOCK, List.of(HEX, NUMBER));
        kinds.put(Syscall.MLOCK2, List.of(HEX, NUMBER, HEX));
        kinds.put(Syscall.PRCTL, List.of(PRCTL, NUMBER, HEX, NUMBER, HEX));
        kinds.put(Syscall.ARCH_PRCTL, List.of(ARCH_PRCTL, HEX));
        kinds.put(Syscall.KILL, List.of(NUMBER, SIGNAL));
        kinds.put(Syscall.TKILL, List.of(NUMBER, SIGNAL));
        kinds.put(Syscall.TGKILL, List.of(NUMBER, NUMBER, SIGNAL));
        kinds.put(Syscall.RT_SIGACTION, List.of(SIGNAL));
        kinds.put(Syscall.RT_SIGPROCMASK, List.of(SIGMASK_HOW));
        kinds.put(Syscall.RT_SIGQUEUEINFO, List.of(NUMBER, SIGNAL));
        kinds.put(Syscall.RT_TGSIGQUEUEINFO, List.of(NUMBER, NUMBER, SIGNAL));
        kinds.put(Syscall.PIDFD_SEND_SIGNAL, List.of(NUMBER, SIGNAL));
        kinds.put(Syscall.SETRLIMIT, List.of(RLIMIT));
        kinds.put(Syscall.PRLIMIT64, List.of(NUMBER, RLIMIT));
        kinds.put(Syscall.SETITIMER, List.of(ITIMER));
        kinds.put(Syscall.TIMER_CREATE, List.of(CLOCK));
        kinds.put(Syscall.TIMER_SETTIME, List.of(NUMBER, TIMER));
        kinds.put(Syscall.CLOCK_NANOSLEEP, List.of(CLOCK, TIMER));
        kinds.put(Syscall.TIMERFD_CREATE, List.of(CLOCK, OPEN));
        kinds.put(Syscall.SETPRIORITY, List.of(PRIORITY));
        kinds.put(Syscall.SCHED_SETSCHEDULER, List.of(NUMBER, SCHED));
        kinds.put(Syscall.UNSHARE, List.of(CLONE));
        kinds.put(Syscall.SETNS, List.of(NUMBER, CLONE));
        kinds.put(Syscall.WAIT4, List.of(NUMBER, NUMBER, WAIT));
        kinds.put(Syscall.WAITID, List.of(ID_TYPE, NUMBER, NUMBER, WAIT));
        return kinds;
    }
}
