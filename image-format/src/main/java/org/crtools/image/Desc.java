// SPDX-License-Identifier: Apache-2.0
package org.crtools.image;

import java.nio.ByteBuffer;

/** The contents of a CRTOOLS note, its {@code struct crt_note} checked. */
final class Desc {
    private static final int VERSION = 1;

    private final String struct;
    private final ByteBuffer bytes;

    /**
     * Checks version and size.
     *
     * @param struct its name in C, for messages
     * @param fixed bytes of the struct before any table
     */
    Desc(String struct, ByteString contents, int fixed) throws ImageException {
        this.struct = struct;
        this.bytes = contents.buffer();
        if (contents.length() < fixed) {
            throw new CorruptImage(struct + " has only " + contents.length() + " of " + fixed + " bytes");
        }
        int version = u16(NoteDescriptor.VERSION);
        if (version > VERSION) {
            throw new ImageTooNew(struct + " has version " + version + ", known is " + VERSION);
        }
        if (version < VERSION) {
            throw new CorruptImage(struct + " has version " + version);
        }
        if (u16(NoteDescriptor.FLAGS) != 0) {
            throw new CorruptImage(struct + " has unknown flags");
        }
        if (s32(NoteDescriptor.SIZE) != contents.length()) {
            throw new CorruptImage(struct + " is " + contents.length() + " bytes long and tells another size");
        }
    }

    int u16(int offset) {
        return Short.toUnsignedInt(bytes.getShort(offset));
    }

    int s32(int offset) {
        return bytes.getInt(offset);
    }

    long s64(int offset) {
        return bytes.getLong(offset);
    }

    int size() {
        return bytes.limit();
    }

    /** A count of table rows or bytes that must not be above a cap. */
    int count(int offset, String field, int cap) throws ImageException {
        int count = bytes.getInt(offset);
        if (Integer.compareUnsigned(count, cap) > 0) {
            throw new ImageTooBig(
                    struct + "." + field + " is " + Integer.toUnsignedString(count) + ", the most is " + cap);
        }
        return count;
    }

    /** Fails unless the desc ends at this offset. */
    void expectSize(long expected) throws CorruptImage {
        if (expected != bytes.limit()) {
            throw new CorruptImage(struct + " should have " + expected + " bytes and has " + bytes.limit());
        }
    }

    ByteString slice(int offset, int length) {
        return ByteString.take(bytes.duplicate().position(offset), length);
    }

    /** A slice whose place comes from the image itself. */
    ByteString checkedSlice(int base, int size, int offset, int length, String what) throws CorruptImage {
        if (offset < 0 || length < 0 || (long) offset + length > size) {
            throw new CorruptImage(struct + ": " + what + " lies outside its table");
        }
        return slice(base + offset, length);
    }

    void zero(int offset, String field) throws CorruptImage {
        if (bytes.getInt(offset) != 0) {
            throw new CorruptImage(struct + "." + field + " is not 0");
        }
    }
}
