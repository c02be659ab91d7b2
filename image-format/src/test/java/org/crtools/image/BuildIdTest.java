// SPDX-License-Identifier: Apache-2.0
package org.crtools.image;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BuildIdTest {
    private static final int NOTES = Elf.EHDR_SIZE + 2 * Elf.PHDR_SIZE;
    private static final int ABI_TAG = 1;
    private static final int BUILD_ID = 3;

    @TempDir
    private Path folder;

    /** A program of two program headers, the second one for two notes: a version, and one of the caller's. */
    private static ByteBuffer program(int type, byte[] desc) {
        ByteBuffer elf = ByteBuffer.allocate(NOTES + 2 * Elf.NHDR_SIZE + 8 + 16 + desc.length + 100)
                .order(ByteOrder.LITTLE_ENDIAN);
        elf.putInt(0, Elf.MAGIC).put(Elf.EI_CLASS, (byte) Elf.ELFCLASS64);
        elf.putLong(Elf.E_PHOFF, Elf.EHDR_SIZE).putShort(Elf.E_PHENTSIZE, (short) Elf.PHDR_SIZE);
        elf.putShort(Elf.E_PHNUM, (short) 2);
        elf.putInt(Elf.EHDR_SIZE, Elf.PT_LOAD);
        int header = Elf.EHDR_SIZE + Elf.PHDR_SIZE;
        elf.putInt(header, Elf.PT_NOTE).putLong(header + Elf.P_OFFSET, NOTES);
        elf.position(NOTES);
        note(elf, ABI_TAG, new byte[16]);
        note(elf, type, desc);
        elf.putLong(header + Elf.P_FILESZ, elf.position() - NOTES);
        return elf;
    }

    private static void note(ByteBuffer elf, int type, byte[] desc) {
        elf.putInt(4).putInt(desc.length).putInt(type);
        elf.put("GNU\0".getBytes(StandardCharsets.US_ASCII)).put(desc);
    }

    private ByteString read(ByteBuffer elf) throws IOException {
        return BuildId.of(Files.write(folder.resolve("program"), elf.array()));
    }

    private static byte[] id(int length) {
        byte[] id = new byte[length];
        for (int i = 0; i < length; i++) {
            id[i] = (byte) (i + 1);
        }
        return id;
    }

    @Test
    void isFoundBehindAnotherNote() throws IOException {
        assertEquals(ByteString.of(id(20)), read(program(BUILD_ID, id(20))));
        assertEquals(ByteString.of(id(8)), read(program(BUILD_ID, id(8))));
    }

    @Test
    void isNotTakenFromAnythingElse() throws IOException {
        assertEquals(ByteString.EMPTY, read(program(ABI_TAG, id(20))));
        assertEquals(ByteString.EMPTY, read(program(BUILD_ID, id(24))));
        assertEquals(ByteString.EMPTY, read(program(BUILD_ID, id(20)).put(1, (byte) 'X')));
        assertEquals(ByteString.EMPTY, BuildId.of(Files.writeString(folder.resolve("text"), "four")));
        assertEquals(ByteString.EMPTY, BuildId.of(Files.createFile(folder.resolve("empty"))));
    }

    /** Whatever a damaged file says, it is read to no further than its end. */
    @Test
    void damagedOnesHaveNone() throws IOException {
        int second = NOTES + Elf.NHDR_SIZE + 4 + 16;
        assertEquals(ByteString.EMPTY, read(program(BUILD_ID, id(20)).putInt(second, -4)));
        assertEquals(ByteString.EMPTY, read(program(BUILD_ID, id(20)).putInt(second + 4, -4)));
        assertEquals(ByteString.EMPTY, read(program(BUILD_ID, id(20)).putShort(Elf.E_PHNUM, (short) -1)));
        int header = Elf.EHDR_SIZE + Elf.PHDR_SIZE;
        assertEquals(ByteString.EMPTY, read(program(BUILD_ID, id(20)).putLong(header + Elf.P_OFFSET, -8)));
        assertEquals(ByteString.EMPTY, read(program(BUILD_ID, id(20)).putLong(header + Elf.P_FILESZ, -8)));
    }
}
