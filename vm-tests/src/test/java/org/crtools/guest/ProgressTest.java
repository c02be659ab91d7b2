// SPDX-License-Identifier: Apache-2.0
package org.crtools.guest;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** What takes more than a second is told while it lasts: on a terminal, in a line that goes away, and nowhere else. */
class ProgressTest {

    private static final String BIG = "64";
    private static final String ERASE_LINE = "\u001b[K";

    @Test
    void isShownOnATerminal() {
        Path folder = RealProgram.newFolder("progress");
        try (Workload workload = Workload.of("big").arguments(BIG).start();
                Terminal terminal = Terminal.open(folder)) {
            Path checkpoint = folder.resolve("checkpoint");
            run(terminal, "dump", Long.toString(workload.pid()), "-D", checkpoint.toString());
            String dumped = terminal.screen();
            assertShown(dumped, "(freezing process|looking at|saving the memory of process|writing the|bringing it)");
            assertTrue(dumped.contains(ERASE_LINE + checkpoint + ": 1 processes, 1 threads, "), dumped);

            run(terminal, "restore", "--verify", "-d", "-D", checkpoint.toString());
            String restored = terminal.screen().substring(dumped.length());
            assertShown(restored, "checking core-" + workload.pid() + "\\.img \\(1 of 1\\)");
            workload.assertPasses();
        }
    }

    private static void run(Terminal terminal, String... words) {
        // On a line of its own: an erased one is not over.
        terminal.type(String.join(" ", Tools.words(words)) + "; printf '\\n%s\\n' \"" + words[0] + " ended with $?\"");
        terminal.awaitLine(words[0] + " ended with 0");
    }

    /** A step, and behind the last one nothing of its line is left. */
    private static void assertShown(String screen, String steps) {
        assertTrue(
                Pattern.compile(Pattern.quote(ERASE_LINE) + "crtools: " + steps)
                        .matcher(screen)
                        .find(),
                screen);
        int last = screen.lastIndexOf(ERASE_LINE + "crtools: ");
        assertTrue(screen.indexOf(ERASE_LINE, last + 1) > last, screen);
    }

    /** The tools' standard error is a file here. */
    @Test
    void isSilentElsewhere() {
        try (Workload workload = Workload.of("big").arguments(BIG).start()) {
            String checkpoint = workload.folder().resolve("checkpoint").toString();
            Command.Result dumped = Tools.of(false)
                    .run("dump", Long.toString(workload.pid()), "-D", checkpoint)
                    .ok();
            assertEquals("", dumped.err());
            assertFalse(dumped.out().contains(ERASE_LINE), dumped::out);
            Command.Result restored = Tools.of(false)
                    .run("restore", "--verify", "-d", "-D", checkpoint)
                    .ok();
            assertEquals("", restored.out() + restored.err());
            workload.assertPasses();
        }
    }
}
