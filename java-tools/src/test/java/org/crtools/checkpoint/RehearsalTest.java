// SPDX-License-Identifier: Apache-2.0
package org.crtools.checkpoint;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.crtools.capture.TreeCapture;
import org.crtools.model.Checkpoint;
import org.crtools.sys.Host;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** On a real process of this machine, which runs on. */
class RehearsalTest {
    private final Host host = Host.load();

    @TempDir
    private Path place;

    private Process process;

    @BeforeEach
    void start() throws Exception {
        process = new ProcessBuilder("sh", "-c", "trap : HUP; echo; read line; echo $line")
                .redirectErrorStream(true)
                .start();
        assertEquals('\n', process.getInputStream().read());
    }

    @AfterEach
    void end() {
        process.destroyForcibly();
    }

    private List<Path> contents(Path folder) throws Exception {
        try (Stream<Path> entries = Files.list(folder)) {
            return entries.toList();
        }
    }

    @Test
    void leavesNothingAndTheProcessUntouched() throws Exception {
        try (CheckpointFolder folder = CheckpointFolder.create(place.resolve("checkpoint"), host)) {
            new Rehearsal(host, folder).dump((int) process.pid(), true);
            assertEquals(List.of(), contents(folder.path()));
        }
        assertEquals(List.of(), contents(place));
        process.outputWriter().append("alive\n").close();
        assertEquals("alive", process.inputReader().readLine());
        assertEquals(0, process.waitFor());
    }

    @Test
    void ofAProcessThatIsGoneIsNothing() throws Exception {
        process.destroyForcibly().waitFor();
        Optional<Checkpoint> model = TreeCapture.rehearse(host, true, (int) process.pid());
        assertTrue(model.isEmpty());
        try (CheckpointFolder folder = CheckpointFolder.create(place.resolve("checkpoint"), host)) {
            new Rehearsal(host, folder).dump((int) process.pid(), true);
        }
        assertEquals(List.of(), contents(place));
    }
}
