// SPDX-License-Identifier: Apache-2.0
package org.crtools.image;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.UUID;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** The worked example of FORMAT.md is what the writer writes, byte for byte. */
class FormatDocumentTest {
    private static final Path DOCUMENT = Path.of("FORMAT.md");

    /** An offset, then bytes by twos, then at least two blanks and what they mean. */
    private static final Pattern LINE =
            Pattern.compile("^([0-9a-f]{4})  ((?:[0-9a-f]{2} ?)+?)(?:  .*)?$", Pattern.MULTILINE);

    private static Image example() throws ImageException {
        ProgramBuilder program = new ProgramBuilder();
        program.about("greeting");
        program.write(Arg.imm(1), ByteString.of("hello\n"));
        program.exit(0);
        Header header = new Header(
                1,
                0,
                Format.CRT_HDR_TREE,
                0,
                0,
                Format.CRT_PAGE_SIZE,
                UUID.fromString("3f1c9a52-7d04-4c8e-9b61-0a5de2f34b70"),
                1_794_000_000_000_000_000L,
                5_000_000_000L,
                6_000_000_000L,
                0,
                0,
                0,
                812,
                "6.12.0");
        return new ImageBuilder(header).program(program.build()).build();
    }

    @Test
    void workedExample() throws Exception {
        Image image = example();
        ByteBuffer expected = ImageWriter.metadata(image, ImageLayout.metaSize(image));
        assertEquals(HexFormat.of().formatHex(expected.array()), HexFormat.of().formatHex(shown(expected.limit())));
    }

    /** What the lines show; bytes that no line shows are 0. */
    private static byte[] shown(int size) throws IOException {
        ByteBuffer shown = ByteBuffer.allocate(size);
        Matcher line = LINE.matcher(Files.readString(DOCUMENT));
        int lines = 0;
        while (line.find()) {
            byte[] bytes = HexFormat.of().parseHex(line.group(2).replace(" ", ""));
            shown.put(Integer.parseInt(line.group(1), 16), bytes);
            lines++;
        }
        assertTrue(lines > 0, "FORMAT.md shows no bytes");
        return shown.array();
    }

    /** The document names every note type and every cap. */
    @Test
    void namesAreComplete() throws Exception {
        String text = Files.readString(DOCUMENT);
        for (String name :
                Files.readString(Path.of("include", "crtools_format.h")).split("[^A-Z0-9_a-z]+")) {
            if (name.startsWith("CRT_NT_") || name.startsWith("CRT_MAX_")) {
                assertTrue(text.contains(name), name);
            }
        }
    }
}
