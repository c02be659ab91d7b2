// SPDX-License-Identifier: Apache-2.0
package org.crtools.image;

import static org.crtools.image.Format.CRT_HUGE_ALIGN;
import static org.crtools.image.Format.CRT_HUGE_RUN;
import static org.crtools.image.Format.CRT_PAGE_SIZE;

import java.util.ArrayList;
import java.util.List;

/** Where things stand in the file. */
public final class ImageLayout {
    private ImageLayout() {}

    /**
     * The same segments with new file offsets, packed in their order behind the metadata: a run of at least
     * CRT_HUGE_RUN bytes congruent with its address modulo CRT_HUGE_ALIGN, any other at the next page. Segments without
     * file bytes get the offset where theirs would begin.
     *
     * @param metaSize bytes of metadata, a multiple of the page size
     */
    public static List<Segment> place(List<Segment> segments, long metaSize) {
        if (ImageChecks.unaligned(metaSize)) {
            throw new IllegalArgumentException("metadata of " + metaSize + " bytes");
        }
        List<Segment> placed = new ArrayList<>(segments.size());
        long at = metaSize;
        for (Segment segment : segments) {
            if (segment.fileSize() >= CRT_HUGE_RUN) {
                at += Math.floorMod(segment.address() - at, CRT_HUGE_ALIGN);
            }
            placed.add(segment.at(at));
            at += segment.fileSize();
        }
        return placed;
    }

    /** The offset behind the last byte of the image: the size of its file. */
    public static long end(List<Segment> segments, long metaSize) {
        long end = metaSize;
        for (Segment segment : segments) {
            if (segment.fileSize() != 0) {
                end = Math.max(end, segment.offset() + segment.fileSize());
            }
        }
        return end;
    }

    /** The least metadata room, in bytes, that the image's header, notes and program headers fit into. */
    public static long metaSize(Image image) {
        long notes = noteSize(Format.CRT_NOTE_NAME, HeaderDescriptor.BYTES);
        for (Note note : image.notes()) {
            notes += noteSize(note.name(), note.desc().length());
        }
        return roundUp(notesOffset(image.segments().size()) + notes);
    }

    /** {@code bytes} rounded up to whole pages. */
    public static long roundUp(long bytes) {
        return Elf.alignUp(bytes, CRT_PAGE_SIZE);
    }

    static long notesOffset(int nrSegments) {
        long phnum = nrSegments + 1L;
        long end = Elf.EHDR_SIZE + phnum * Elf.PHDR_SIZE;
        return phnum < Elf.PN_XNUM ? end : end + Elf.SHDR_SIZE;
    }

    static long noteSize(String name, long descLength) {
        return Elf.NHDR_SIZE
                + Elf.alignUp(name.isEmpty() ? 0 : name.length() + 1L, Elf.NOTE_ALIGN)
                + Elf.alignUp(descLength, Elf.NOTE_ALIGN);
    }
}
