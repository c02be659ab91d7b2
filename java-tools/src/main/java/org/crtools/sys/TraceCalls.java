// SPDX-License-Identifier: Apache-2.0
package org.crtools.sys;

import java.util.OptionalInt;
import jnr.ffi.Pointer;
import org.crtools.image.Syscall;

/** ptrace(2) and wait4(2). All calls must come from one thread: the kernel ties a traced thread to it. */
public final class TraceCalls {
    private static final int PTRACE_CONT = 7;
    private static final int PTRACE_DETACH = 17;
    private static final int PTRACE_SEIZE = 0x4206;
    private static final int PTRACE_INTERRUPT = 0x4207;
    private static final int WNOHANG = 1;
    private static final int WALL = 0x40000000;

    private final Kernel kernel;

    public TraceCalls(Kernel kernel) {
        this.kernel = kernel;
    }

    /** Begins to trace a thread without stopping it. */
    public void seize(int tid) throws SystemCallException {
        kernel.call(Syscall.PTRACE, "seize " + tid, PTRACE_SEIZE, tid, 0, 0);
    }

    /** Asks for a stop that {@link #poll} will report. */
    public void interrupt(int tid) throws SystemCallException {
        kernel.call(Syscall.PTRACE, "interrupt " + tid, PTRACE_INTERRUPT, tid, 0, 0);
    }

    /** Lets a stopped thread go on, with a signal or 0. */
    public void proceed(int tid, int signal) throws SystemCallException {
        kernel.call(Syscall.PTRACE, "continue " + tid, PTRACE_CONT, tid, 0, signal);
    }

    /** Ends tracing; the thread goes on, or stays in the job-control stop that it was in. */
    public void detach(int tid) throws SystemCallException {
        kernel.call(Syscall.PTRACE, "detach " + tid, PTRACE_DETACH, tid, 0, 0);
    }

    /** The wait status of a thread, empty when it has nothing to report. */
    public OptionalInt poll(int tid) throws SystemCallException {
        Pointer status = kernel.allocate(4);
        long result = kernel.callWith(Syscall.WAIT4, "thread " + tid, status, tid, status.address(), WALL | WNOHANG, 0);
        return result == 0 ? OptionalInt.empty() : OptionalInt.of(status.getInt(0));
    }
}
