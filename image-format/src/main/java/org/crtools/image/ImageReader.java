// SPDX-License-Identifier: Apache-2.0
package org.crtools.image;

import static org.crtools.image.Format.CRT_FORMAT_MAJOR;
import static org.crtools.image.Format.CRT_FORMAT_MINOR;
import static org.crtools.image.Format.CRT_MAX_META;
import static org.crtools.image.Format.CRT_PAGE_SIZE;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.zip.CRC32;

/**
 * Reads images, dump files of the module among them. Whatever the bytes are, it returns an {@link Image} or throws an
 * {@link ImageException}; it never allocates more than the caps of the format and the size of the file allow.
 */
public final class ImageReader {
    private ImageReader() {}

    /** Reads the metadata of the image in a file. */
    public static Image read(Path path) throws ImageException {
        try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ)) {
            return read(channel);
        } catch (IOException e) {
            throw new ImageIo("cannot read " + path, e);
        }
    }

    /** Reads the metadata of an image; the position of the channel is neither used nor changed. */
    public static Image read(FileChannel channel) throws ImageException {
        try {
            return readMetadata(channel);
        } catch (IOException e) {
            throw new ImageIo("cannot read the image", e);
        }
    }

    private static Image readMetadata(FileChannel channel) throws IOException, ImageException {
        long fileSize = channel.size();
        ByteBuffer start = readFully(channel, 0, (int) Math.min(fileSize, Elf.EHDR_SIZE + Elf.PHDR_SIZE));
        ElfParser.checkIdentity(start);
        long headerAt = ElfParser.headerNoteOffset(start);
        int headerSize = ElfParser.HEADER_DESC + HeaderDescriptor.BYTES;
        if (headerAt < 0 || headerAt > fileSize - headerSize) {
            throw truncated(fileSize);
        }
        ByteBuffer note = readFully(channel, headerAt, headerSize);
        Header header = header(note);
        if (header.metaSize() > fileSize) {
            throw truncated(fileSize);
        }
        ByteBuffer meta = readFully(channel, 0, (int) header.metaSize());
        checkCrc(meta, (int) headerAt + ElfParser.HEADER_DESC + HeaderDescriptor.META_CRC, header);
        ElfParser elf = new ElfParser(meta, header, fileSize);
        try {
            return new Image(header, elf.notes(), elf.segments());
        } catch (CorruptImage e) {
            if (header.formatMinor() > CRT_FORMAT_MINOR) {
                throw new ImageTooNew(
                        "format " + CRT_FORMAT_MAJOR + "." + header.formatMinor() + ": " + e.getMessage());
            }
            throw e;
        }
    }

    private static Header header(ByteBuffer note) throws ImageException {
        ElfParser.checkHeaderNote(note);
        int major = Short.toUnsignedInt(note.getShort(ElfParser.HEADER_DESC + HeaderDescriptor.FORMAT_MAJOR));
        if (major != CRT_FORMAT_MAJOR) {
            String message = "the image has format " + major + ", this version reads format " + CRT_FORMAT_MAJOR;
            throw major > CRT_FORMAT_MAJOR ? new ImageTooNew(message) : new ImageTooOld(message);
        }
        note.position(ElfParser.HEADER_DESC);
        Header header = NoteDecoder.header(ByteString.take(note, HeaderDescriptor.BYTES));
        if (header.pageSize() != CRT_PAGE_SIZE) {
            throw new WrongHost("the image has pages of " + Integer.toUnsignedString(header.pageSize()) + " bytes");
        }
        if (header.metaSize() <= 0 || ImageChecks.unaligned(header.metaSize())) {
            throw new CorruptImage("the metadata have a size of " + header.metaSize());
        }
        if (header.metaSize() > CRT_MAX_META) {
            throw new ImageTooBig("the metadata have " + header.metaSize() + " bytes, the most is " + CRT_MAX_META);
        }
        return header;
    }

    private static void checkCrc(ByteBuffer meta, int crcAt, Header header) throws CorruptImage {
        if (crcAt + Integer.BYTES > meta.limit()) {
            throw new CorruptImage("the header stands behind the metadata");
        }
        if (metaCrc(meta, crcAt) != header.metaCrc()) {
            throw new CorruptImage("the metadata are damaged (checksum)");
        }
    }

    /** CRC-32 of the metadata, the four bytes at {@code crcAt} taken as 0. */
    static int metaCrc(ByteBuffer meta, int crcAt) {
        CRC32 crc = new CRC32();
        crc.update(meta.duplicate().position(0).limit(crcAt));
        crc.update(new byte[Integer.BYTES]);
        crc.update(meta.duplicate().position(crcAt + Integer.BYTES));
        return (int) crc.getValue();
    }

    /**
     * Compares the page data with the checksums.
     *
     * @return false when the image has none
     * @throws CorruptImage naming the first segment that differs
     */
    public static boolean verify(FileChannel channel, Image image) throws ImageException {
        if (image.checksum().isEmpty()) {
            return false;
        }
        Checksum expected = image.checksum().get();
        Checksum found = PageData.checksum(channel, image.segments());
        for (int i = 0; i < expected.count(); i++) {
            if (expected.crc(i) != found.crc(i)) {
                throw ImageChecks.bad(image.segments().get(i), "is damaged (checksum)");
            }
        }
        return true;
    }

    private static ByteBuffer readFully(FileChannel channel, long at, int length) throws IOException, CorruptImage {
        ByteBuffer buffer = ByteBuffer.allocate(length).order(ByteOrder.LITTLE_ENDIAN);
        while (buffer.hasRemaining()) {
            if (channel.read(buffer, at + buffer.position()) < 0) {
                throw truncated(at + buffer.position());
            }
        }
        return buffer.flip();
    }

    static CorruptImage truncated(long size) {
        return new CorruptImage("the image ends too early, after " + size + " bytes");
    }

    static String ascii(byte[] bytes) {
        return new String(bytes, StandardCharsets.ISO_8859_1);
    }
}
