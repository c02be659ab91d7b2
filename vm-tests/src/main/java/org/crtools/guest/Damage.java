// SPDX-License-Identifier: Apache-2.0
package org.crtools.guest;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.zip.CRC32;
import org.crtools.image.HeaderDescriptor;

/** Spoils images, on purpose and with care. */
final class Damage {

    private static final int PROGRAM_HEADERS = 32;
    private static final int PROGRAM_HEADER_OFFSET = 8;
    private static final int NOTE_HEADER = 12;
    private static final int NOTE_NAME = 8;
    private static final int E_MACHINE = 18;

    /** EM_AARCH64 of elf.h. */
    private static final short AARCH64 = 183;

    private Damage() {}

    /** What is done to an image's bytes; the result replaces them. */
    interface Change {
        byte[] apply(byte[] image);
    }

    /** Ways to damage an image that every reader must notice, by what they are. */
    static Map<String, Change> corruptions() {
        Map<String, Change> all = new TreeMap<>();
        all.put("first byte after the magic flipped", image -> flip(image, 16));
        all.put("program header count flipped", image -> flip(image, 56));
        all.put("first note flipped", image -> flip(image, header(image) + HeaderDescriptor.ID));
        all.put("metadata size flipped", image -> flip(image, header(image) + HeaderDescriptor.META_SIZE));
        all.put("middle of the metadata flipped", image -> flip(image, metaSize(image) / 2));
        all.put("last byte of the metadata flipped", image -> flip(image, metaSize(image) - 1));
        all.put("cut after 100 bytes", image -> cut(image, 100));
        all.put("cut in the middle of the metadata", image -> cut(image, metaSize(image) / 2));
        all.put("cut before its last byte", image -> cut(image, image.length - 1));
        return all;
    }

    /** A flipped bit in the last page. */
    static byte[] pageData(byte[] image) {
        return flip(image, image.length - 100);
    }

    /** Made for another processor; otherwise perfect. */
    static byte[] otherMachine(byte[] image) {
        return change(image, bytes -> bytes.putShort(E_MACHINE, AARCH64));
    }

    /** Of the next major version of the format; otherwise perfect. */
    static byte[] newer(byte[] image) {
        return change(image, bytes -> {
            int major = header(image) + HeaderDescriptor.FORMAT_MAJOR;
            bytes.putShort(major, (short) (bytes.getShort(major) + 1));
        });
    }

    static void apply(Path file, Change change) {
        try {
            Files.write(file, change.apply(Files.readAllBytes(file)));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static byte[] flip(byte[] image, int offset) {
        byte[] result = image.clone();
        result[offset] ^= 0x04;
        return result;
    }

    private static byte[] cut(byte[] image, int length) {
        return Arrays.copyOf(image, length);
    }

    /** Changes metadata and makes the checksum right again. */
    private static byte[] change(byte[] image, Consumer<ByteBuffer> change) {
        byte[] result = image.clone();
        ByteBuffer bytes = bytes(result);
        change.accept(bytes);
        int field = header(image) + HeaderDescriptor.META_CRC;
        bytes.putInt(field, 0);
        CRC32 crc = new CRC32();
        crc.update(result, 0, metaSize(image));
        bytes.putInt(field, (int) crc.getValue());
        return result;
    }

    private static ByteBuffer bytes(byte[] image) {
        return ByteBuffer.wrap(image).order(ByteOrder.LITTLE_ENDIAN);
    }

    /** Where the desc of the first note begins: the header. The notes' program header is the first one. */
    private static int header(byte[] image) {
        ByteBuffer bytes = bytes(image);
        int first = (int) bytes.getLong(PROGRAM_HEADERS);
        return (int) bytes.getLong(first + PROGRAM_HEADER_OFFSET) + NOTE_HEADER + NOTE_NAME;
    }

    private static int metaSize(byte[] image) {
        return (int) bytes(image).getLong(header(image) + HeaderDescriptor.META_SIZE);
    }
}
