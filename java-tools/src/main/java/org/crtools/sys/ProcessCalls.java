// SPDX-License-Identifier: Apache-2.0
package org.crtools.sys;

import jnr.ffi.Pointer;
import org.crtools.image.ByteString;
import org.crtools.image.Syscall;

/** System calls on other processes. */
public final class ProcessCalls {
    /** What two threads or descriptors may have in common (kcmp(2)). */
    public enum Common {
        FILE(0),
        VM(1),
        FILES(2),
        FS(3),
        SIGHAND(4),
        IO(5),
        SYSVSEM(6);

        private final int type;

        Common(int type) {
            this.type = type;
        }
    }

    public static final int SIGKILL = 9;
    public static final int SIGTERM = 15;
    public static final int SIGCONT = 18;
    public static final int SIGSTOP = 19;

    private static final int IOPRIO_WHO_PROCESS = 1;
    private static final int SCHED_ATTR_SIZE = 56;

    /** Where struct sched_attr has the niceness. */
    public static final int SCHED_NICE = 16;

    private static final int PRIO_PROCESS = 0;
    private static final int AFFINITY_BYTES = 1024;

    private final Kernel kernel;
    private final SystemCalls files;

    public ProcessCalls(Kernel kernel, SystemCalls files) {
        this.kernel = kernel;
        this.files = files;
    }

    public void kill(int pid, int signal) throws SystemCallException {
        kernel.call(Syscall.KILL, "pid " + pid, pid, signal);
    }

    /** Order of two threads' objects: 0 when they are one, else a stable order within this boot (kcmp(2)). */
    public int compare(int one, int other, Common common, int oneFd, int otherFd) throws SystemCallException {
        long result =
                kernel.call(Syscall.KCMP, "pids " + one + " and " + other, one, other, common.type, oneFd, otherFd);
        return switch ((int) result) {
            case 0 -> 0;
            case 1 -> -1;
            default -> 1;
        };
    }

    /** A descriptor of our own on a process. */
    public FileDescriptor openProcess(int pid) throws SystemCallException {
        return new FileDescriptor(files, (int) kernel.call(Syscall.PIDFD_OPEN, "pid " + pid, pid, 0));
    }

    /** A descriptor of our own on the open file description that a process has at {@code fd}. */
    public FileDescriptor duplicate(FileDescriptor process, int pid, int fd) throws SystemCallException {
        return new FileDescriptor(
                files, (int) kernel.call(Syscall.PIDFD_GETFD, "pid " + pid + " fd " + fd, process.number(), fd, 0));
    }

    /**
     * struct sched_attr of a thread, as sched_setattr(2) takes it. Its niceness is told for every policy, which
     * sched_getattr(2) does not do.
     */
    public ByteString scheduling(int tid) throws SystemCallException {
        Pointer attributes = kernel.allocate(SCHED_ATTR_SIZE);
        kernel.callWith(
                Syscall.SCHED_GETATTR, "thread " + tid, attributes, tid, attributes.address(), SCHED_ATTR_SIZE, 0);
        // The system call itself answers 20 - niceness, so that it is never negative (getpriority(2)).
        attributes.putInt(SCHED_NICE, 20 - (int) kernel.call(Syscall.GETPRIORITY, "thread " + tid, PRIO_PROCESS, tid));
        byte[] bytes = new byte[attributes.getInt(0)];
        attributes.get(0, bytes, 0, bytes.length);
        return ByteString.of(bytes);
    }

    /** CPU mask of a thread. */
    public ByteString affinity(int tid) throws SystemCallException {
        Pointer mask = kernel.allocate(AFFINITY_BYTES);
        long length =
                kernel.callWith(Syscall.SCHED_GETAFFINITY, "thread " + tid, mask, tid, AFFINITY_BYTES, mask.address());
        byte[] bytes = new byte[(int) length];
        mask.get(0, bytes, 0, bytes.length);
        return ByteString.of(bytes);
    }

    /** I/O priority of a thread as ioprio_set(2) takes it. */
    public int ioPriority(int tid) throws SystemCallException {
        return (int) kernel.call(Syscall.IOPRIO_GET, "thread " + tid, IOPRIO_WHO_PROCESS, tid);
    }

    /** struct rlimit: soft, hard. */
    public long[] limit(int pid, int resource) throws SystemCallException {
        Pointer limit = kernel.allocate(16);
        kernel.callWith(Syscall.PRLIMIT64, "pid " + pid, limit, pid, resource, 0, limit.address());
        return new long[] {limit.getLong(0), limit.getLong(8)};
    }
}
