// SPDX-License-Identifier: Apache-2.0
package org.crtools.checkpoint;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.crtools.CrtoolsException;
import org.crtools.ExitCode;
import org.crtools.image.ByteString;
import org.crtools.image.Format;
import org.crtools.image.MappedFile;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MappedFileCheckTest {
    @TempDir
    private Path folder;

    private Path library;

    @BeforeEach
    void write() throws Exception {
        library = Files.writeString(folder.resolve("library"), "four");
    }

    private List<MappedFile> mapped(int flags) {
        return mapped(flags, ByteString.EMPTY);
    }

    private List<MappedFile> mapped(int flags, ByteString buildId) {
        return List.of(new MappedFile(1, 4, 0, 0, 0, 0100644, flags, ByteString.of(library.toString()), buildId));
    }

    private String refusal() {
        return refusal(ByteString.EMPTY);
    }

    private String refusal(ByteString buildId) {
        CrtoolsException refused = assertThrows(
                CrtoolsException.class,
                () -> MappedFileCheck.check("core-7.img", mapped(Format.CRT_FILE_CHECK, buildId)));
        assertEquals(ExitCode.CHANGED, refused.exitCode());
        return refused.getMessage();
    }

    @Test
    void aFileOfTheSameSizeIsLeftToTheKernel() throws Exception {
        MappedFileCheck.check("core-7.img", mapped(Format.CRT_FILE_CHECK));
    }

    @Test
    void aFileOfAnotherSizeIsNamed() throws Exception {
        Files.writeString(library, "longer");
        String message = refusal();
        assertTrue(message.startsWith("core-7.img: a file that it maps has changed"), message);
        assertTrue(message.contains(library.toString()), message);
    }

    @Test
    void aFileOfAnotherBuildIsNamed() {
        assertEquals(
                "core-7.img: a file that it maps has changed since the dump: " + library + " (another build id)",
                refusal(ByteString.of("its id")));
    }

    @Test
    void aMissingFileIsNamed() throws Exception {
        Files.delete(library);
        assertEquals("core-7.img: a file that it maps is missing: " + library, refusal());
    }

    @Test
    void filesThatMayChangeAreNotLookedAt() throws Exception {
        Files.delete(library);
        MappedFileCheck.check("core-7.img", mapped(0));
        MappedFileCheck.check("core-7.img", mapped(Format.CRT_FILE_CHECK | Format.CRT_FILE_DELETED));
    }
}
