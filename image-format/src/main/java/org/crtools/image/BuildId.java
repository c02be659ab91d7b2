// SPDX-License-Identifier: Apache-2.0
package org.crtools.image;

import static org.crtools.image.Format.CRT_PAGE_SIZE;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;

/** The GNU build id of a program or library, looked for where the module looks: in the first page of the file. */
public final class BuildId {
    private static final int NT_GNU_BUILD_ID = 3;

    /** {@code sizeof(crt_file.build_id)}: longer ones are taken for none. */
    private static final int MAX = 20;

    /** "GNU" with its NUL, as a number. */
    private static final int GNU = 0x00554e47;

    private BuildId() {}

    /** Reads it; empty when the file has none. */
    public static ByteString of(Path file) throws IOException {
        try (InputStream in = Files.newInputStream(file)) {
            return of(ByteBuffer.wrap(in.readNBytes(CRT_PAGE_SIZE)).order(ByteOrder.LITTLE_ENDIAN));
        }
    }

    private static ByteString of(ByteBuffer page) {
        if (page.limit() < Elf.EHDR_SIZE
                || page.getInt(0) != Elf.MAGIC
                || page.get(Elf.EI_CLASS) != Elf.ELFCLASS64
                || page.getShort(Elf.E_PHENTSIZE) != Elf.PHDR_SIZE
                || page.getLong(Elf.E_PHOFF) != Elf.EHDR_SIZE) {
            return ByteString.EMPTY;
        }
        int count = Short.toUnsignedInt(page.getShort(Elf.E_PHNUM));
        if (count > (page.limit() - Elf.EHDR_SIZE) / Elf.PHDR_SIZE) {
            return ByteString.EMPTY;
        }
        ByteString found = ByteString.EMPTY;
        for (int i = 0; i < count && found.isEmpty(); i++) {
            int header = Elf.EHDR_SIZE + i * Elf.PHDR_SIZE;
            long offset = page.getLong(header + Elf.P_OFFSET);
            if (page.getInt(header + Elf.P_TYPE) == Elf.PT_NOTE && offset >= 0 && offset < page.limit()) {
                long size = Math.min(page.getLong(header + Elf.P_FILESZ), page.limit() - offset);
                found = inNotes(page, (int) offset, (int) (offset + Math.max(0, size)));
            }
        }
        return found;
    }

    private static ByteString inNotes(ByteBuffer page, int from, int end) {
        long at = from;
        while (at + Elf.NHDR_SIZE <= end) {
            long nameSize = Integer.toUnsignedLong(page.getInt((int) at));
            long size = Integer.toUnsignedLong(page.getInt((int) at + 4));
            int type = page.getInt((int) at + 8);
            long name = at + Elf.NHDR_SIZE;
            long desc = name + Elf.alignUp(nameSize, Elf.NOTE_ALIGN);
            at = desc + Elf.alignUp(size, Elf.NOTE_ALIGN);
            if (at > end) {
                break;
            }
            if (type == NT_GNU_BUILD_ID && nameSize == Integer.BYTES && page.getInt((int) name) == GNU && size <= MAX) {
                return ByteString.take(page.duplicate().position((int) desc), (int) size);
            }
        }
        return ByteString.EMPTY;
    }
}
