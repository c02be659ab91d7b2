// SPDX-License-Identifier: Apache-2.0
package org.crtools.guest;

import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;

/** An interactive shell on a terminal of its own, that of script(1), and what somebody types there. */
public final class Terminal implements AutoCloseable {

    /** For what may be the start of a JVM. */
    private static final Duration LIMIT = Duration.ofSeconds(300);

    private final Process script;
    private final OutputStream keyboard;
    private final Path screen;

    private Terminal(Process script, OutputStream keyboard, Path screen) {
        this.script = script;
        this.keyboard = keyboard;
        this.screen = screen;
    }

    /** Opens one; its screen is kept in a new file of the folder. */
    public static Terminal open(Path folder) {
        try {
            Path screen = Files.createTempFile(folder, "screen", "");
            Path keys = folder.resolve(screen.getFileName() + ".keys");
            Command.of("mkfifo", keys.toString()).run().ok();
            Process script = Command.of(
                            "bash", "-c", "exec script -qefc 'exec bash --norc --noprofile -i' /dev/null <" + keys)
                    .with("PS1", "$ ")
                    .with("TERM", "dumb")
                    .start(screen, screen);
            return new Terminal(script, new FileOutputStream(keys.toFile()), screen);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Types a line. */
    public void type(String line) {
        try {
            keyboard.write((line + "\n").getBytes(StandardCharsets.UTF_8));
            keyboard.flush();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** All that was shown so far. */
    public String screen() {
        try {
            return Files.readString(screen, StandardCharsets.ISO_8859_1).replace("\r", "");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** All but what was erased again, from the begin of its line (CSI K). */
    private String leftStanding() {
        try {
            return Files.readString(screen, StandardCharsets.ISO_8859_1)
                    .replaceAll("[^\n]*\r\u001b\\[K", "")
                    .replace("\r", "");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Waits until a line that is exactly this has been shown. */
    public void awaitLine(String line) {
        try {
            Processes.await("the line '" + line + "'", LIMIT, () -> leftStanding()
                    .lines()
                    .anyMatch(line::equals));
        } catch (AssertionError inVain) {
            throw new AssertionError(inVain.getMessage() + " on the terminal:\n" + screen(), inVain);
        }
    }

    /** Hangs up. */
    @Override
    public void close() {
        Processes.kill(Processes.tree(script.pid()));
        try {
            keyboard.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
