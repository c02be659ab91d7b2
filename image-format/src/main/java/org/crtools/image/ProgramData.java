// SPDX-License-Identifier: Apache-2.0
package org.crtools.image;

import java.io.ByteArrayOutputStream;
import java.util.HashMap;
import java.util.Map;

/** The data of a program under construction; equal contents are stored once. */
final class ProgramData {
    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    private final Map<ByteString, Integer> constants = new HashMap<>();

    /** Offset of these bytes, 8-byte aligned; they may be shared and must not be written to. */
    int constant(ByteString contents) {
        return constants.computeIfAbsent(contents, this::append);
    }

    /** Offset of the text with a NUL behind it. */
    int text(ByteString text) {
        byte[] terminated = new byte[text.length() + 1];
        text.buffer().get(terminated, 0, text.length());
        return constant(ByteString.of(terminated));
    }

    /** Offset of these bytes, 8-byte aligned, for this use alone: system calls may write to them. */
    int room(ByteString contents) {
        return append(contents);
    }

    private int append(ByteString contents) {
        int offset = (int) Elf.alignUp(bytes.size(), Long.BYTES);
        bytes.writeBytes(new byte[offset - bytes.size()]);
        bytes.writeBytes(contents.toBytes());
        return offset;
    }

    ByteString finish() {
        int padded = (int) Elf.alignUp(bytes.size(), Long.BYTES);
        bytes.writeBytes(new byte[padded - bytes.size()]);
        return ByteString.of(bytes.toByteArray());
    }
}
