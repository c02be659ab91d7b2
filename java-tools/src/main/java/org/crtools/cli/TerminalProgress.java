// SPDX-License-Identifier: Apache-2.0
package org.crtools.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.crtools.checkpoint.Progress;

/** Shows on a terminal what takes more than a second, in one line that goes away at the end. */
final class TerminalProgress implements Progress, AutoCloseable {
    private static final long PATIENCE_MS = 1000;
    private static final String ERASE_LINE = "\r\033[K";

    private final ScheduledExecutorService timer;
    private volatile String current = "";
    private volatile String shown = "";

    private TerminalProgress(boolean terminal) {
        timer = Executors.newSingleThreadScheduledExecutor(task -> {
            Thread thread = new Thread(task, "progress");
            thread.setDaemon(true);
            return thread;
        });
        if (terminal) {
            timer.scheduleWithFixedDelay(this::show, PATIENCE_MS, PATIENCE_MS / 10, TimeUnit.MILLISECONDS);
        }
    }

    /** Silent when standard error is no terminal. */
    static TerminalProgress start() {
        boolean terminal;
        try {
            String target = Files.readSymbolicLink(Path.of("/proc/self/fd/2")).toString();
            terminal = target.startsWith("/dev/pts/") || target.startsWith("/dev/tty") || target.equals("/dev/console");
        } catch (IOException unknown) {
            terminal = false;
        }
        return new TerminalProgress(terminal);
    }

    @Override
    public void step(String step) {
        current = step;
    }

    private void show() {
        String now = current;
        if (!now.equals(shown)) {
            System.err.print(ERASE_LINE + "crtools: " + now);
            shown = now;
        }
    }

    @Override
    public void close() {
        timer.shutdownNow();
        try {
            // A line that is being written comes before its end.
            timer.awaitTermination(PATIENCE_MS, TimeUnit.MILLISECONDS);
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
        }
        if (!shown.isEmpty()) {
            System.err.print(ERASE_LINE);
        }
    }
}
