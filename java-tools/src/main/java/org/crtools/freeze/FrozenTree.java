// SPDX-License-Identifier: Apache-2.0
package org.crtools.freeze;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.locks.LockSupport;
import org.crtools.CrtoolsException;
import org.crtools.ExitCode;
import org.crtools.fault.FaultPoint;
import org.crtools.fault.Faults;
import org.crtools.sys.Errno;
import org.crtools.sys.Host;
import org.crtools.sys.ProcessCalls;
import org.crtools.sys.SystemCallException;
import org.crtools.sys.TraceCalls;

/**
 * A process and all its descendants, every thread stopped. Closing lets the tree go on as before, unless it was ended.
 * Should this program die, the kernel lets it go on.
 *
 * <p>No process of the tree may be a child that this JVM itself has started: the thread that waits for those would
 * take the news of their stops.
 */
public final class FrozenTree implements AutoCloseable {
    private static final int STOPPED = 0x7f;
    private static final Duration DEATH = Duration.ofSeconds(10);

    /** The kernel ties a traced thread to the thread that traces it. */
    private final ExecutorService tracer;

    private final TraceCalls trace;
    private final ProcessCalls processCalls;
    private final Faults faults;
    private final List<FrozenProcess> processes;
    private final List<Integer> stopped;
    private boolean done;

    private FrozenTree(ExecutorService tracer, Host host, List<FrozenProcess> processes, List<Integer> stopped) {
        this.tracer = tracer;
        this.trace = host.trace();
        this.processCalls = host.processes();
        this.faults = host.faults();
        this.processes = List.copyOf(processes);
        this.stopped = stopped;
    }

    /**
     * Stops a tree.
     *
     * @param timeout for threads to stop, once they were asked to
     */
    public static FrozenTree freeze(int root, Duration timeout, Host host) throws CrtoolsException, IOException {
        ExecutorService tracer = Executors.newSingleThreadExecutor(task -> {
            Thread thread = new Thread(task, "tracer");
            thread.setDaemon(true);
            return thread;
        });
        boolean frozen = false;
        try {
            FrozenTree tree = on(tracer, () -> {
                TreeStopper stopper = new TreeStopper(host.trace(), host.proc(), timeout, host.faults());
                List<FrozenProcess> processes = stopper.stop(root);
                return new FrozenTree(tracer, host, processes, stopper.stoppedThreads());
            });
            frozen = true;
            return tree;
        } finally {
            if (!frozen) {
                // The end of the tracing thread lets everything go on.
                tracer.shutdown();
            }
        }
    }

    /** All processes, parents before their children, the root first. */
    public List<FrozenProcess> processes() {
        return processes;
    }

    /** Lets the tree go on. */
    public void resume() throws CrtoolsException, IOException {
        finish(() -> {
            for (int tid : stopped) {
                try {
                    trace.detach(tid);
                } catch (SystemCallException failure) {
                    if (failure.errno() != Errno.ESRCH) {
                        throw failure;
                    }
                }
                faults.pass(FaultPoint.THREAD_RELEASED);
            }
            return null;
        });
    }

    /** Leaves the tree stopped as by SIGSTOP. */
    public void leaveStopped() throws CrtoolsException, IOException {
        signalAll(ProcessCalls.SIGSTOP, FaultPoint.PROCESS_STOPPED);
        resume();
    }

    /** Kills every process of the tree; none of them runs again. */
    public void kill() throws CrtoolsException, IOException {
        signalAll(ProcessCalls.SIGKILL, FaultPoint.PROCESS_KILLED);
        finish(() -> {
            long deadline = System.nanoTime() + DEATH.toNanos();
            List<Integer> left = new ArrayList<>(stopped);
            while (!left.isEmpty() && System.nanoTime() - deadline < 0) {
                List<Integer> alive = new ArrayList<>();
                for (int tid : left) {
                    if (!hasEnded(tid)) {
                        alive.add(tid);
                    }
                }
                left = alive;
                LockSupport.parkNanos(left.isEmpty() ? 0 : 50_000);
            }
            return null;
        });
    }

    /** A failure with one process does not spare the others; the first one is thrown. */
    private void signalAll(int signal, FaultPoint point) throws SystemCallException {
        Optional<SystemCallException> first = Optional.empty();
        for (FrozenProcess process : processes) {
            if (!process.isZombie()) {
                try {
                    processCalls.kill(process.pid(), signal);
                    faults.pass(point);
                } catch (SystemCallException failure) {
                    if (failure.errno() != Errno.ESRCH) {
                        first = first.or(() -> Optional.of(failure));
                    }
                }
            }
        }
        if (first.isPresent()) {
            throw first.get();
        }
    }

    /** A main thread ends only after its other threads were seen to have ended, so all are asked in turn. */
    private boolean hasEnded(int tid) throws SystemCallException {
        try {
            OptionalInt status = trace.poll(tid);
            return status.isPresent() && (status.getAsInt() & 0xff) != STOPPED;
        } catch (SystemCallException failure) {
            if (failure.errno() == Errno.ECHILD) {
                return true;
            }
            throw failure;
        }
    }

    private void finish(Callable<Void> last) throws CrtoolsException, IOException {
        if (done) {
            throw new IllegalStateException("the tree is no longer frozen");
        }
        done = true;
        try {
            on(tracer, last);
        } finally {
            tracer.shutdown();
        }
    }

    @Override
    public void close() throws CrtoolsException, IOException {
        if (!done) {
            resume();
        }
    }

    private static <T> T on(ExecutorService tracer, Callable<T> task) throws CrtoolsException, IOException {
        try {
            return tracer.submit(task).get();
        } catch (ExecutionException failure) {
            Throwable cause = failure.getCause();
            if (cause instanceof CrtoolsException known) {
                throw known;
            }
            if (cause instanceof IOException known) {
                throw known;
            }
            throw new IllegalStateException(cause);
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            throw new CrtoolsException(ExitCode.FAILED, "interrupted", interrupted);
        }
    }
}
