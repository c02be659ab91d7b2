// SPDX-License-Identifier: Apache-2.0
package org.crtools.freeze;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import org.crtools.CrtoolsException;
import org.crtools.ExitCode;
import org.crtools.fault.FaultPoint;
import org.crtools.fault.Faults;
import org.crtools.sys.Host;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** On real processes of this machine. */
class FrozenTreeTest {
    private static final Duration TIMEOUT = Duration.ofSeconds(20);

    private final Host host = Host.load();
    private ProcessHandle process;

    @BeforeEach
    void start() throws Exception {
        process = start("sh -c 'sleep 1000 | sleep 1000; :'");
        while (process.descendants().filter(this::sleeps).count() < 2) {
            Thread.onSpinWait();
        }
    }

    @AfterEach
    void end() {
        end(process);
    }

    /** Not as a child of this JVM, whose own wait(2) would take the news of the stops away. */
    private static ProcessHandle start(String command) throws Exception {
        Process shell =
                new ProcessBuilder("sh", "-c", "setsid " + command + " </dev/null >/dev/null 2>&1 & echo $!").start();
        long pid = Long.parseLong(new String(shell.getInputStream().readAllBytes(), StandardCharsets.US_ASCII).trim());
        shell.waitFor();
        return ProcessHandle.of(pid).orElseThrow();
    }

    private static void end(ProcessHandle root) {
        root.descendants().forEach(ProcessHandle::destroyForcibly);
        root.destroyForcibly();
    }

    private boolean sleeps(ProcessHandle handle) {
        return handle.info().command().filter(path -> path.endsWith("/sleep")).isPresent();
    }

    private FrozenTree freeze() throws Exception {
        return FrozenTree.freeze((int) process.pid(), TIMEOUT, host);
    }

    private char state(int pid) throws Exception {
        return host.proc().stat(pid).state();
    }

    @Test
    void everyProcessStandsStillAndRunsOnAfterwards() throws Exception {
        try (FrozenTree tree = freeze()) {
            assertEquals(3, tree.processes().size());
            for (FrozenProcess frozen : tree.processes()) {
                assertEquals('t', state(frozen.pid()));
                assertFalse(frozen.jobStopped());
            }
            tree.resume();
            for (FrozenProcess frozen : tree.processes()) {
                assertTrue("SR".indexOf(state(frozen.pid())) >= 0);
            }
        }
        assertTrue(process.isAlive());
    }

    @Test
    void aStoppedJobStaysStopped() throws Exception {
        host.processes().kill((int) process.pid(), 19);
        while (state((int) process.pid()) != 'T') {
            Thread.onSpinWait();
        }
        try (FrozenTree tree = freeze()) {
            assertTrue(tree.processes().get(0).jobStopped());
            tree.resume();
        }
        // On its way from the tracer's stop into its own it runs for a moment.
        while (state((int) process.pid()) == 'R') {
            Thread.onSpinWait();
        }
        assertEquals('T', state((int) process.pid()));
    }

    @Test
    void killedTreesAreGone() throws Exception {
        try (FrozenTree tree = freeze()) {
            tree.kill();
        }
        assertTrue(hasEnded((int) process.pid()));
    }

    /** By one look: whoever adopted it may bury it at any moment. */
    private boolean hasEnded(int pid) {
        try {
            return host.proc().stat(pid).isZombie();
        } catch (IOException buried) {
            return true;
        }
    }

    /** However long the asking takes, the time to stop in is not over by then. */
    @Test
    void aThreadThatWillNotStopIsNamedWhenItsTimeIsOver() throws Exception {
        // A child of vfork(2) that neither executes a program nor ends: its parent takes no request.
        ProcessHandle parent = start("perl -e 'syscall(58); sleep 1000'");
        try {
            while (parent.children().count() < 1) {
                Thread.onSpinWait();
            }
            Duration time = Duration.ofMillis(200);
            AtomicLong asked = new AtomicLong();
            Faults slow = point -> {
                if (point == FaultPoint.THREAD_SEIZED) {
                    LockSupport.parkNanos(2 * time.toNanos());
                    asked.set(System.nanoTime());
                }
            };
            CrtoolsException failure = assertThrows(
                    CrtoolsException.class, () -> FrozenTree.freeze((int) parent.pid(), time, host.with(slow)));
            assertTrue(System.nanoTime() - asked.get() >= time.toNanos());
            assertEquals(ExitCode.NO_PROCESS, failure.exitCode());
            assertEquals(
                    "thread " + parent.pid() + " of process " + parent.pid() + " will not stop", failure.getMessage());
        } finally {
            end(parent);
        }
    }

    @Test
    void thereMustBeAProcess() {
        CrtoolsException failure =
                assertThrows(CrtoolsException.class, () -> FrozenTree.freeze(0x3ffffff, TIMEOUT, host));
        assertEquals(ExitCode.NO_PROCESS, failure.exitCode());
    }
}
