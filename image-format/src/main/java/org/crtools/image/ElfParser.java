// SPDX-License-Identifier: Apache-2.0
package org.crtools.image;

import static org.crtools.image.Format.CRT_HUGE_ALIGN;
import static org.crtools.image.Format.CRT_HUGE_RUN;
import static org.crtools.image.Format.CRT_IDENT_MAGIC;
import static org.crtools.image.Format.CRT_IDENT_OFFSET;
import static org.crtools.image.Format.CRT_MAX_PHDRS;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/** The ELF side of an image's metadata: headers, program headers and the list of notes. */
final class ElfParser {
    /** Where the desc of the header note begins, from the beginning of the note. */
    static final int HEADER_DESC = Elf.NHDR_SIZE + 8;

    private final ByteBuffer meta;
    private final Header header;
    private final long fileSize;
    private final List<Note> notes = new ArrayList<>();
    private final List<Segment> segments = new ArrayList<>();

    /** Parses metadata whose checksum is right; {@code fileSize} bounds the page data. */
    ElfParser(ByteBuffer meta, Header header, long fileSize) throws ImageException {
        this.meta = meta;
        this.header = header;
        this.fileSize = fileSize;
        programHeaders();
    }

    /** All notes but the header's. */
    List<Note> notes() {
        return notes;
    }

    List<Segment> segments() {
        return segments;
    }

    /** Tells images of crtools from other files, and those of this kind of machine from others. */
    static void checkIdentity(ByteBuffer start) throws ImageException {
        int length = Math.min(start.limit(), CRT_IDENT_OFFSET + CRT_IDENT_MAGIC.length());
        byte[] magic = {0x7f, 'E', 'L', 'F'};
        for (int i = 0; i < length; i++) {
            if (i < magic.length && start.get(i) != magic[i]
                    || i >= CRT_IDENT_OFFSET && start.get(i) != CRT_IDENT_MAGIC.charAt(i - CRT_IDENT_OFFSET)) {
                throw new NotAnImage("this is no image of crtools");
            }
        }
        if (start.limit() == 0) {
            throw new NotAnImage("this is no image of crtools: it is empty");
        }
        if (start.limit() < Elf.EHDR_SIZE + Elf.PHDR_SIZE) {
            throw ImageReader.truncated(start.limit());
        }
        if (start.get(Elf.EI_CLASS) != Elf.ELFCLASS64
                || start.get(Elf.EI_DATA) != Elf.ELFDATA2LSB
                || start.getShort(Elf.E_MACHINE) != Elf.EM_X86_64) {
            throw new WrongHost("the image was made on another kind of machine than x86-64");
        }
        if (start.get(Elf.EI_VERSION) != Elf.EV_CURRENT
                || start.getShort(Elf.E_TYPE) != Elf.ET_CORE
                || start.getInt(Elf.E_VERSION) != Elf.EV_CURRENT
                || start.getLong(Elf.E_PHOFF) != Elf.EHDR_SIZE
                || start.getShort(Elf.E_EHSIZE) != Elf.EHDR_SIZE
                || start.getShort(Elf.E_PHENTSIZE) != Elf.PHDR_SIZE) {
            throw new CorruptImage("the ELF header is damaged");
        }
    }

    /** Where the first program header, which is PT_NOTE, has its notes, of which the first is the header's. */
    static long headerNoteOffset(ByteBuffer start) throws CorruptImage {
        if (start.getInt(Elf.EHDR_SIZE + Elf.P_TYPE) != Elf.PT_NOTE) {
            throw new CorruptImage("the first program header is not PT_NOTE");
        }
        return start.getLong(Elf.EHDR_SIZE + Elf.P_OFFSET);
    }

    static void checkHeaderNote(ByteBuffer note) throws CorruptImage {
        byte[] name = new byte[HEADER_DESC - Elf.NHDR_SIZE];
        note.get(Elf.NHDR_SIZE, name);
        if (note.getInt(0) != name.length
                || note.getInt(4) != HeaderDescriptor.BYTES
                || note.getInt(8) != Format.CRT_NT_HEADER
                || !ImageReader.ascii(name).equals(Format.CRT_NOTE_NAME + '\0')) {
            throw new CorruptImage("the first note is not the header");
        }
    }

    private void programHeaders() throws ImageException {
        long count = programHeaderCount();
        long end = Elf.EHDR_SIZE + count * Elf.PHDR_SIZE;
        if (count == 0 || end > meta.limit()) {
            throw new CorruptImage("the program headers do not fit into the metadata");
        }
        long dataEnd = header.metaSize();
        for (int at = Elf.EHDR_SIZE; at < end; at += Elf.PHDR_SIZE) {
            int type = meta.getInt(at + Elf.P_TYPE);
            if (type == Elf.PT_NOTE && at == Elf.EHDR_SIZE) {
                parseNotes(meta.getLong(at + Elf.P_OFFSET), meta.getLong(at + Elf.P_FILESZ));
            } else if (type == Elf.PT_LOAD) {
                dataEnd = load(at, dataEnd);
            } else if (type == Elf.PT_NOTE) {
                throw new CorruptImage("there are two PT_NOTE program headers");
            }
        }
    }

    private long programHeaderCount() throws ImageException {
        int count = Short.toUnsignedInt(meta.getShort(Elf.E_PHNUM));
        if (count != Elf.PN_XNUM) {
            return count;
        }
        long section = meta.getLong(Elf.E_SHOFF);
        if (section < Elf.EHDR_SIZE || section > meta.limit() - Elf.SHDR_SIZE) {
            throw new CorruptImage("the section header with the number of program headers is not in the metadata");
        }
        int large = meta.getInt((int) section + Elf.SH_INFO);
        if (Integer.compareUnsigned(large, CRT_MAX_PHDRS) > 0) {
            throw new ImageTooBig(
                    "there are " + Integer.toUnsignedString(large) + " program headers, the most is " + CRT_MAX_PHDRS);
        }
        return large;
    }

    /** Returns where the next page data may begin. */
    private long load(int at, long dataEnd) throws CorruptImage {
        Segment segment = new Segment(
                meta.getLong(at + Elf.P_VADDR),
                meta.getLong(at + Elf.P_MEMSZ),
                meta.getLong(at + Elf.P_FILESZ),
                meta.getLong(at + Elf.P_OFFSET),
                meta.getInt(at + Elf.P_FLAGS));
        segments.add(segment);
        if (segment.fileSize() == 0) {
            return dataEnd;
        }
        long offset = segment.offset();
        if (offset < dataEnd || ImageChecks.unaligned(offset)) {
            throw ImageChecks.bad(segment, "has its data in the wrong place");
        }
        if (segment.fileSize() < 0 || offset > fileSize || segment.fileSize() > fileSize - offset) {
            throw ImageReader.truncated(fileSize);
        }
        if (segment.fileSize() >= CRT_HUGE_RUN && (offset - segment.address()) % CRT_HUGE_ALIGN != 0) {
            throw ImageChecks.bad(segment, "is not aligned as a large one");
        }
        return offset + segment.fileSize();
    }

    private void parseNotes(long offset, long size) throws CorruptImage {
        if (offset < 0 || size < 0 || offset > meta.limit() || size > meta.limit() - offset) {
            throw new CorruptImage("the notes do not fit into the metadata");
        }
        ByteBuffer in = meta.duplicate().order(meta.order());
        in.position((int) offset).limit((int) (offset + size));
        boolean first = true;
        while (in.hasRemaining()) {
            Note note = note(in);
            if (!first) {
                notes.add(note);
            }
            first = false;
        }
    }

    private static Note note(ByteBuffer in) throws CorruptImage {
        if (in.remaining() < Elf.NHDR_SIZE) {
            throw new CorruptImage("a note is cut off");
        }
        int nameSize = in.getInt();
        int descSize = in.getInt();
        int type = in.getInt();
        byte[] name = bytes(in, nameSize).toBytes();
        if (name.length > 0 && name[name.length - 1] != 0) {
            throw new CorruptImage("the name of a note has no end");
        }
        ByteString desc = bytes(in, descSize);
        return new Note(ImageReader.ascii(name).substring(0, Math.max(0, name.length - 1)), type, desc);
    }

    /** Takes bytes and their padding. */
    private static ByteString bytes(ByteBuffer in, int size) throws CorruptImage {
        if (size < 0 || Elf.alignUp(size, Elf.NOTE_ALIGN) > in.remaining()) {
            throw new CorruptImage("a note is cut off");
        }
        ByteString bytes = ByteString.take(in, size);
        in.position(in.position() + (int) (Elf.alignUp(size, Elf.NOTE_ALIGN) - size));
        return bytes;
    }
}
