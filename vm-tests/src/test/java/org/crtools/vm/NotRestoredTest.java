// SPDX-License-Identifier: Apache-2.0
package org.crtools.vm;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Pattern;
import org.crtools.guest.NotRestored;
import org.junit.jupiter.api.Test;

/** The words of a restore's warning, as the tests know them and as they are documented. */
class NotRestoredTest {

    /** The words in the row of a table that begins so. */
    private static List<String> row(String begin) throws IOException {
        String row = Files.readAllLines(Path.of("../docs/limits.md")).stream()
                .filter(line -> line.startsWith("| " + begin))
                .findFirst()
                .orElseThrow();
        return Arrays.asList(row.split("\\|")[2].strip().split(", "));
    }

    @Test
    void areTheDocumentedOnes() throws IOException {
        assertEquals(NotRestored.RIGHTS, row("rights"));
        assertEquals(NotRestored.OTHERS, row("other"));
    }

    /** What an image's restorer itself says, in kmod/; the rest stands in restore programs. */
    @Test
    void areThoseOfTheRestorer() throws IOException {
        for (String file : List.of("process.c", "threads.c")) {
            List<String> said = Pattern.compile("\\bwarn\\(r, \"([^\"]+)\"")
                    .matcher(Files.readString(Path.of("../kmod/restorer", file)))
                    .results()
                    .map(found -> found.group(1))
                    .toList();
            assertFalse(said.isEmpty(), file);
            assertEquals(
                    List.of(),
                    said.stream()
                            .filter(word -> !NotRestored.RIGHTS.contains(word) && !NotRestored.OTHERS.contains(word))
                            .toList());
        }
    }
}
