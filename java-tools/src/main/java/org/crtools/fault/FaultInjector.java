// SPDX-License-Identifier: Apache-2.0
package org.crtools.fault;

import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.crtools.sys.Errno;
import org.crtools.sys.ProcessCalls;
import org.crtools.sys.SystemCallException;

/**
 * Makes one fault point of a run go wrong, or lists them all. For tests only. The points are numbered from 1 in the
 * order in which they are passed.
 */
public final class FaultInjector implements Faults {
    /** What is done at the chosen point. */
    private enum Action {
        /** Every point is told, none fails. */
        LIST,
        /** This program is killed. */
        KILL,
        /** This program gets SIGTERM, and goes on when it has begun to end. */
        TERM,
        /** The step fails with EIO. */
        ERROR,
        /** The step fails with ENOSPC. */
        ENOSPC
    }

    private final Action action;
    private final int chosen;
    private final ProcessCalls processes;
    private final Consumer<String> listener;
    private final AtomicInteger passed = new AtomicInteger();

    private FaultInjector(Action action, int chosen, ProcessCalls processes, Consumer<String> listener) {
        this.action = action;
        this.chosen = chosen;
        this.processes = processes;
        this.listener = listener;
    }

    /**
     * What a request asks for.
     *
     * @param request {@code list}, {@code kill@N}, {@code term@N}, {@code error@N} or {@code enospc@N}
     * @param listener is told "N step" of each point by {@code list}
     * @return empty for any other request
     */
    public static Optional<Faults> of(String request, ProcessCalls processes, Consumer<String> listener) {
        if (request.equals("list")) {
            return Optional.of(new FaultInjector(Action.LIST, 0, processes, listener));
        }
        if (!request.matches("(kill|term|error|enospc)@[1-9]\\d{0,8}")) {
            return Optional.empty();
        }
        String[] parts = request.split("@");
        Action action =
                switch (parts[0]) {
                    case "kill" -> Action.KILL;
                    case "term" -> Action.TERM;
                    case "error" -> Action.ERROR;
                    default -> Action.ENOSPC;
                };
        return Optional.of(new FaultInjector(action, Integer.parseInt(parts[1]), processes, listener));
    }

    @Override
    public void pass(FaultPoint point) throws SystemCallException {
        int number = passed.incrementAndGet();
        if (action == Action.LIST) {
            listener.accept(number + " " + point.text());
        } else if (number == chosen) {
            fail(point, number);
        }
    }

    private void fail(FaultPoint point, int number) throws SystemCallException {
        switch (action) {
            case LIST -> {}
            case KILL -> {
                processes.kill((int) ProcessHandle.current().pid(), ProcessCalls.SIGKILL);
                // The signal ends this thread too, before it can do anything else.
                while (true) {
                    Thread.onSpinWait();
                }
            }
            case TERM -> {
                // It may be too late to change anything, which then would not tell of it.
                listener.accept(number + " " + point.text());
                terminate();
            }
            case ERROR -> throw new SystemCallException("fault", point.text(), Errno.EIO.number());
            case ENOSPC -> throw new SystemCallException("fault", point.text(), Errno.ENOSPC.number());
        }
    }

    private void terminate() throws SystemCallException {
        CountDownLatch ending = new CountDownLatch(1);
        Runtime.getRuntime().addShutdownHook(new Thread(ending::countDown));
        processes.kill((int) ProcessHandle.current().pid(), ProcessCalls.SIGTERM);
        try {
            ending.await();
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
