// SPDX-License-Identifier: Apache-2.0
package org.crtools.image;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * Writes images.
 *
 * <p>A dump goes: read the dump file's metadata; choose a metadata room; {@link ImageLayout#place} the segments that
 * stay; {@link PageData#copy} them; after the thaw build the changed image with these segments and {@link
 * #writeMetadata} in front.
 */
public final class ImageWriter {
    private ImageWriter() {}

    /**
     * The metadata, {@code metaSize} bytes, checksum included.
     *
     * @throws ImageTooBig when they do not fit
     */
    public static ByteBuffer metadata(Image image, long metaSize) throws ImageTooBig {
        long needed = ImageLayout.metaSize(image);
        if (ImageChecks.unaligned(metaSize)) {
            throw new IllegalArgumentException("metadata of " + metaSize + " bytes");
        }
        if (needed > metaSize || metaSize > Format.CRT_MAX_META) {
            throw new ImageTooBig("the metadata need " + needed + " bytes; there is room for "
                    + Math.min(metaSize, Format.CRT_MAX_META));
        }
        ByteBuffer meta = ByteBuffer.allocate((int) metaSize).order(ByteOrder.LITTLE_ENDIAN);
        int notesAt = (int) ImageLayout.notesOffset(image.segments().size());
        meta.position(notesAt);
        int crcAt = notesAt + ElfParser.HEADER_DESC + HeaderDescriptor.META_CRC;
        Header header = image.header().withMeta(metaSize, 0);
        putNote(meta, Note.crtools(Format.CRT_NT_HEADER, NoteEncoder.header(header)));
        for (Note note : image.notes()) {
            putNote(meta, note);
        }
        int notesEnd = meta.position();
        putElfHeader(meta, image.segments().size() + 1);
        putNoteHeader(meta, notesAt, notesEnd - notesAt);
        putLoads(meta, image.segments(), metaSize);
        meta.position(0);
        meta.putInt(crcAt, ImageReader.metaCrc(meta, crcAt));
        return meta;
    }

    /**
     * Writes the metadata of an image whose page data stand in the file already, or which has none, and makes the file
     * as long as the image.
     *
     * @param metaSize the room at the beginning of the file, bytes, a multiple of the page size
     */
    public static void writeMetadata(FileChannel channel, Image image, long metaSize) throws ImageException {
        ByteBuffer meta = metadata(image, metaSize);
        try {
            while (meta.hasRemaining()) {
                channel.write(meta, meta.position());
            }
            long end = ImageLayout.end(image.segments(), metaSize);
            if (channel.size() > end) {
                channel.truncate(end);
            }
        } catch (IOException e) {
            throw new ImageIo("cannot write the image", e);
        }
    }

    /** Writes an image without page data, a tree image for one. */
    public static void write(FileChannel channel, Image image) throws ImageException {
        writeMetadata(channel, image, ImageLayout.metaSize(image));
    }

    private static void putElfHeader(ByteBuffer meta, int phnum) {
        meta.putInt(0, Elf.MAGIC);
        meta.put(Elf.EI_CLASS, (byte) Elf.ELFCLASS64);
        meta.put(Elf.EI_DATA, (byte) Elf.ELFDATA2LSB);
        meta.put(Elf.EI_VERSION, (byte) Elf.EV_CURRENT);
        meta.put(Format.CRT_IDENT_OFFSET, Format.CRT_IDENT_MAGIC.getBytes(StandardCharsets.US_ASCII));
        meta.putShort(Elf.E_TYPE, (short) Elf.ET_CORE);
        meta.putShort(Elf.E_MACHINE, (short) Elf.EM_X86_64);
        meta.putInt(Elf.E_VERSION, Elf.EV_CURRENT);
        meta.putLong(Elf.E_PHOFF, Elf.EHDR_SIZE);
        meta.putShort(Elf.E_EHSIZE, (short) Elf.EHDR_SIZE);
        meta.putShort(Elf.E_PHENTSIZE, (short) Elf.PHDR_SIZE);
        meta.putShort(Elf.E_PHNUM, (short) Math.min(phnum, Elf.PN_XNUM));
        if (phnum >= Elf.PN_XNUM) {
            int section = Elf.EHDR_SIZE + phnum * Elf.PHDR_SIZE;
            meta.putLong(Elf.E_SHOFF, section);
            meta.putShort(Elf.E_SHENTSIZE, (short) Elf.SHDR_SIZE);
            meta.putShort(Elf.E_SHNUM, (short) 1);
            meta.putLong(section + Elf.SH_SIZE, 1);
            meta.putInt(section + Elf.SH_INFO, phnum);
        }
    }

    private static void putNoteHeader(ByteBuffer meta, long offset, long size) {
        int at = Elf.EHDR_SIZE;
        meta.putInt(at + Elf.P_TYPE, Elf.PT_NOTE);
        meta.putLong(at + Elf.P_OFFSET, offset);
        meta.putLong(at + Elf.P_FILESZ, size);
        meta.putLong(at + Elf.P_ALIGN, Elf.NOTE_ALIGN);
    }

    private static void putLoads(ByteBuffer meta, List<Segment> segments, long metaSize) {
        int at = Elf.EHDR_SIZE + Elf.PHDR_SIZE;
        long dataEnd = metaSize;
        for (Segment segment : segments) {
            if (segment.fileSize() != 0) {
                if (segment.offset() < dataEnd) {
                    throw new IllegalArgumentException(segment + " has no place of its own behind the metadata");
                }
                dataEnd = segment.offset() + segment.fileSize();
            }
            meta.putInt(at + Elf.P_TYPE, Elf.PT_LOAD);
            meta.putInt(at + Elf.P_FLAGS, segment.flags());
            meta.putLong(at + Elf.P_OFFSET, segment.offset());
            meta.putLong(at + Elf.P_VADDR, segment.address());
            meta.putLong(at + Elf.P_FILESZ, segment.fileSize());
            meta.putLong(at + Elf.P_MEMSZ, segment.memSize());
            meta.putLong(at + Elf.P_ALIGN, Format.CRT_PAGE_SIZE);
            at += Elf.PHDR_SIZE;
        }
    }

    private static void putNote(ByteBuffer meta, Note note) {
        byte[] name = note.name().getBytes(StandardCharsets.ISO_8859_1);
        int nameSize = name.length == 0 ? 0 : name.length + 1;
        meta.putInt(nameSize);
        meta.putInt(note.desc().length());
        meta.putInt(note.type());
        int nameAt = meta.position();
        meta.put(nameAt, name);
        int descAt = nameAt + (int) Elf.alignUp(nameSize, Elf.NOTE_ALIGN);
        NoteEncoder.put(meta, descAt, note.desc());
        meta.position(descAt + (int) Elf.alignUp(note.desc().length(), Elf.NOTE_ALIGN));
    }
}
