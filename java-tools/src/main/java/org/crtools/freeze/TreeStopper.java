// SPDX-License-Identifier: Apache-2.0
package org.crtools.freeze;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Deque;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.concurrent.locks.LockSupport;
import org.crtools.CrtoolsException;
import org.crtools.ExitCode;
import org.crtools.fault.FaultPoint;
import org.crtools.fault.Faults;
import org.crtools.sys.Errno;
import org.crtools.sys.Proc;
import org.crtools.sys.ProcStat;
import org.crtools.sys.SystemCallException;
import org.crtools.sys.TraceCalls;

/**
 * Stops every thread of a tree. Parents stop before their children are looked for: a stopped parent gets no new ones,
 * and one that waits in vfork(2) cannot stop before its child has called execve.
 *
 * <p>All methods must be called from one thread.
 */
final class TreeStopper {
    private static final int EVENT_STOP = 128;
    private static final int SIGTRAP = 5;
    private static final long FIRST_PAUSE_NS = 20_000;
    private static final long LONGEST_PAUSE_NS = 2_000_000;

    /** Before the last look, for threads that a busy machine has given no turn in all their time. */
    private static final long LAST_PAUSE_NS = 100_000_000;

    private final TraceCalls trace;
    private final Proc proc;
    private final Faults faults;
    private final Duration timeout;

    /** Every process seen, with its threads that are stopped. */
    private final Map<Integer, Set<Integer>> threads = new LinkedHashMap<>();

    private final Set<Integer> jobStopped = new LinkedHashSet<>();

    TreeStopper(TraceCalls trace, Proc proc, Duration timeout, Faults faults) {
        this.trace = trace;
        this.proc = proc;
        this.faults = faults;
        this.timeout = timeout;
    }

    List<FrozenProcess> stop(int root) throws CrtoolsException, IOException {
        if (!proc.exists(root)) {
            throw new CrtoolsException(ExitCode.NO_PROCESS, "there is no process " + root);
        }
        Collection<Integer> level = List.of(root);
        while (!level.isEmpty()) {
            stopProcesses(level);
            level = unseenChildren();
        }
        List<FrozenProcess> result = new ArrayList<>();
        for (Map.Entry<Integer, Set<Integer>> entry : threads.entrySet()) {
            int pid = entry.getKey();
            try {
                // They stopped in any order.
                List<Integer> ordered = proc.threads(pid).stream()
                        .filter(entry.getValue()::contains)
                        .toList();
                result.add(new FrozenProcess(proc.stat(pid), ordered, jobStopped.contains(pid)));
            } catch (IOException gone) {
                if (pid == root || !entry.getValue().isEmpty()) {
                    throw new CrtoolsException(
                            ExitCode.NO_PROCESS, "process " + pid + " ended while it was being stopped", gone);
                }
            }
        }
        if (result.get(0).isZombie()) {
            throw new CrtoolsException(ExitCode.NO_PROCESS, "process " + root + " has ended (zombie)");
        }
        return result;
    }

    /** Every thread that is stopped. */
    List<Integer> stoppedThreads() {
        return threads.values().stream().flatMap(Set::stream).toList();
    }

    private List<Integer> unseenChildren() throws IOException {
        List<Integer> unseen = new ArrayList<>();
        for (int pid : threads.keySet()) {
            try {
                for (int child : proc.children(pid)) {
                    if (!threads.containsKey(child)) {
                        unseen.add(child);
                    }
                }
            } catch (IOException gone) {
                // A zombie that was reaped before its parent stopped.
                continue;
            }
        }
        return unseen;
    }

    private void stopProcesses(Collection<Integer> pids) throws CrtoolsException, IOException {
        for (int pid : pids) {
            if (pid == ProcessHandle.current().pid()) {
                throw new CrtoolsException(ExitCode.USAGE, "the tree holds crtools itself");
            }
            threads.put(pid, new LinkedHashSet<>());
        }
        boolean found = true;
        while (found) {
            Deque<Seized> begun = new ArrayDeque<>();
            for (int pid : pids) {
                begun.addAll(seizeNewThreads(pid));
            }
            found = !begun.isEmpty();
            awaitStops(begun);
        }
    }

    private record Seized(int pid, int tid) {}

    private List<Seized> seizeNewThreads(int pid) throws CrtoolsException, IOException {
        List<Seized> begun = new ArrayList<>();
        List<Integer> tids;
        try {
            tids = proc.threads(pid);
        } catch (IOException gone) {
            return begun;
        }
        for (int tid : tids) {
            if (threads.get(pid).contains(tid)) {
                continue;
            }
            try {
                if (proc.threadStat(pid, tid).isZombie()) {
                    if (tid == pid && tids.size() > 1) {
                        throw new CrtoolsException(
                                ExitCode.UNSUPPORTED, "pid " + pid + ": main thread that has ended before the others");
                    }
                    continue;
                }
                trace.seize(tid);
                trace.interrupt(tid);
                begun.add(new Seized(pid, tid));
            } catch (SystemCallException failure) {
                if (failure.errno() == Errno.EPERM) {
                    Optional<CrtoolsException> refusal = refusal(pid, tid, failure);
                    if (refusal.isPresent()) {
                        throw refusal.get();
                    }
                } else if (failure.errno() != Errno.ESRCH) {
                    throw failure;
                }
            } catch (IOException gone) {
                continue;
            }
            faults.pass(FaultPoint.THREAD_SEIZED);
        }
        return begun;
    }

    /** What EPERM means; nothing for a thread that has just ended (kernel/ptrace.c, ptrace_attach()). */
    private Optional<CrtoolsException> refusal(int pid, int tid, SystemCallException failure) {
        try {
            int tracer = proc.threadStatus(pid, tid).number("TracerPid");
            ProcStat stat = proc.threadStat(pid, tid);
            if (stat.isZombie()) {
                return Optional.empty();
            }
            return Optional.of(
                    tracer == 0
                            ? new CrtoolsException(
                                    ExitCode.PERMISSION,
                                    "no permission to stop process " + pid + " (" + stat.name() + ")",
                                    failure)
                            : new CrtoolsException(
                                    ExitCode.UNSUPPORTED, "pid " + pid + ": traced by process " + tracer, failure));
        } catch (IOException gone) {
            return Optional.empty();
        }
    }

    /** The time counts from here, when all of them were asked: it is theirs, however long the asking took. */
    private void awaitStops(Deque<Seized> begun) throws CrtoolsException, SystemCallException {
        long deadline = System.nanoTime() + timeout.toNanos();
        boolean over = false;
        long pause = FIRST_PAUSE_NS;
        while (!begun.isEmpty()) {
            int before = begun.size();
            for (Iterator<Seized> left = begun.iterator(); left.hasNext(); ) {
                if (isSettled(left.next())) {
                    left.remove();
                    faults.pass(FaultPoint.THREAD_STOPPED);
                }
            }
            if (begun.size() < before) {
                over = false;
                continue;
            }
            if (over) {
                Seized thread = begun.getFirst();
                throw new CrtoolsException(
                        ExitCode.NO_PROCESS,
                        "thread " + thread.tid() + " of process " + thread.pid() + " will not stop");
            }
            over = System.nanoTime() - deadline > 0;
            LockSupport.parkNanos(over ? LAST_PAUSE_NS : pause);
            pause = Math.min(2 * pause, LONGEST_PAUSE_NS);
        }
    }

    private boolean isSettled(Seized thread) throws SystemCallException {
        try {
            return settle(thread);
        } catch (SystemCallException failure) {
            if (failure.errno() == Errno.ECHILD || failure.errno() == Errno.ESRCH) {
                return true; // Ended, or replaced by execve of another thread.
            }
            throw failure;
        }
    }

    /** Whether a thread is stopped or gone. */
    private boolean settle(Seized thread) throws SystemCallException {
        OptionalInt report = trace.poll(thread.tid());
        if (report.isEmpty()) {
            return false;
        }
        int status = report.getAsInt();
        if ((status & 0xff) != 0x7f) {
            return true; // Ended.
        }
        int signal = (status >>> 8) & 0xff;
        if (status >>> 16 == EVENT_STOP) {
            threads.get(thread.pid()).add(thread.tid());
            if (signal != SIGTRAP) {
                jobStopped.add(thread.pid());
            }
            return true;
        }
        // A signal came first. Any stop takes the request back, so ask again, and let the signal through.
        trace.interrupt(thread.tid());
        trace.proceed(thread.tid(), signal);
        return false;
    }
}
