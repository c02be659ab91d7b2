// SPDX-License-Identifier: Apache-2.0
package org.crtools.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.file.Path;
import org.crtools.ExitCode;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MainTest {
    @Test
    void helpIsNoFailure() {
        assertEquals(0, Main.run("--help"));
        for (String command : new String[] {"dump", "restore", "exec", "check", "show"}) {
            assertEquals(0, Main.run(command, "--help"), command);
        }
    }

    @Test
    void wrongUsageHasItsCode() {
        int usage = ExitCode.USAGE.value();
        assertEquals(usage, Main.run());
        assertEquals(usage, Main.run("thaw"));
        assertEquals(usage, Main.run("dump"));
        assertEquals(usage, Main.run("dump", "12x"));
        assertEquals(usage, Main.run("dump", "-5"));
        assertEquals(usage, Main.run("dump", "12", "-t", "13"));
        assertEquals(usage, Main.run("dump", "12", "-R", "-s"));
        assertEquals(usage, Main.run("restore"));
        assertEquals(usage, Main.run("exec"));
    }

    @Test
    void missingImagesAreTold(@TempDir Path folder) {
        assertEquals(
                ExitCode.CHANGED.value(),
                Main.run("show", folder.resolve("none").toString()));
        assertEquals(ExitCode.CHANGED.value(), Main.run("show", folder.toString()));
        assertEquals(ExitCode.CHANGED.value(), Main.run("restore", folder.toString()));
        assertEquals(
                ExitCode.FAILED.value(),
                Main.run("restore", folder.resolve("none").toString()));
    }
}
