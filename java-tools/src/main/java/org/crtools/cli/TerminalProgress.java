// SPDX-License-Identifier: Apache-2.0
package org.crtools.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.crtools.checkpoint.Progress;

/** Shows on a terminal what takes more than a second, in one line that goes away at the end. */
final class TerminalProgress implements Progress, AutoCloseable {
    private static final long PATIENCE_MS = 1000;
    private static final String ERASE_LINE = "\r\033[K";

    private final Thread watcher;
    private volatile String current = "";
    private volatile boolean closed;
    private boolean shown;

    private TerminalProgress(boolean terminal) {
        watcher = new Thread(this::watch, "progress");
        watcher.setDaemon(true);
        if (terminal) {
            watcher.start();
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

    private void watch() {
        String last = "";
        try {
            Thread.sleep(PATIENCE_MS);
            while (!closed) {
                String now = current;
                if (!now.equals(last)) {
                    System.err.print(ERASE_LINE + "crtools: " + now);
                    shown = true;
                    last = now;
                }
                Thread.sleep(PATIENCE_MS / 10);
            }
        } catch (InterruptedException finished) {
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public void close() {
        closed = true;
        watcher.interrupt();
        try {
            watcher.join();
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
        }
        if (shown) {
            System.err.print(ERASE_LINE);
        }
    }
}
