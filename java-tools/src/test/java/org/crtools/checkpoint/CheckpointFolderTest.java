// SPDX-License-Identifier: Apache-2.0
package org.crtools.checkpoint;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.crtools.CrtoolsException;
import org.crtools.sys.Host;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CheckpointFolderTest {
    private final Host host = Host.load();

    @TempDir
    private Path place;

    private Path target;

    @BeforeEach
    void name() {
        target = place.resolve("checkpoint");
    }

    private Path folder(String name, String... files) throws Exception {
        Path folder = Files.createDirectory(place.resolve(name));
        for (String file : files) {
            Files.writeString(folder.resolve(file), "contents");
        }
        return folder;
    }

    private List<String> names() throws Exception {
        try (Stream<Path> entries = Files.list(place)) {
            return entries.map(entry -> entry.getFileName().toString()).sorted().toList();
        }
    }

    private void createAndGiveUp() throws Exception {
        CheckpointFolder.create(target, host).close();
    }

    @Test
    void whatAKilledDumpHasLeftGoes() throws Exception {
        folder("checkpoint.tmp-17", "core-12.img", "tree.img", "file-0.data", "shm-1.data", "pipe-2.data");
        folder("checkpoint.tmp-18", "rehearsal.img", "rehearsal.data", "fifo-3.data");
        folder("checkpoint.tmp-4194304");
        createAndGiveUp();
        assertEquals(List.of(), names());
    }

    @Test
    void whatCrtoolsHasNotMadeStays() throws Exception {
        folder("checkpoint.tmp-old", "tree.img");
        folder("checkpoint.tmp-17", "tree.img", "notes.txt");
        folder("checkpoint.tmp-18x", "tree.img");
        folder("checkpoint.tmp-", "tree.img");
        folder("other.tmp-19", "tree.img");
        Files.createDirectory(folder("checkpoint.tmp-20").resolve("tree.img"));
        Files.writeString(place.resolve("checkpoint.tmp-21"), "a file");
        Path elsewhere = folder("elsewhere", "tree.img");
        Files.createSymbolicLink(place.resolve("checkpoint.tmp-22"), elsewhere);
        List<String> before = names();
        createAndGiveUp();
        assertEquals(before, names());
        assertTrue(Files.exists(elsewhere.resolve("tree.img")));
    }

    /** In another pid namespace its number may be that of nobody, or this one's. */
    @Test
    void aDumpThatRunsKeepsItsFolder() throws Exception {
        try (CheckpointFolder one = CheckpointFolder.create(target, host);
                CheckpointFolder other = CheckpointFolder.create(target, host)) {
            assertFalse(one.path().equals(other.path()));
            assertTrue(Files.isDirectory(one.path()));
            assertTrue(Files.isDirectory(other.path()));
        }
        assertEquals(List.of(), names());
    }

    @Test
    void whatIsCommittedHasItsName() throws Exception {
        try (CheckpointFolder folder = CheckpointFolder.create(target, host)) {
            folder.createImage("tree.img").close();
            folder.commit();
        }
        assertEquals(List.of("checkpoint"), names());
        CrtoolsException refused = assertThrows(CrtoolsException.class, this::createAndGiveUp);
        assertTrue(refused.getMessage().contains("exists already"), refused::getMessage);
    }
}
