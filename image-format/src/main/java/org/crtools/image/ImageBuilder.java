// SPDX-License-Identifier: Apache-2.0
package org.crtools.image;

import java.util.ArrayList;
import java.util.List;

/** Makes images, new ones or changed copies. Notes that are not touched stay where and as they are. */
public final class ImageBuilder {
    private Header header;
    private final List<Note> notes = new ArrayList<>();
    private List<Segment> segments = List.of();

    public ImageBuilder(Header header) {
        this.header = header;
    }

    /** Starts with all that another image holds. */
    public ImageBuilder(Image image) {
        header = image.header();
        notes.addAll(image.notes());
        segments = image.segments();
    }

    public ImageBuilder header(Header newHeader) {
        header = newHeader;
        return this;
    }

    /** Appends a note as it is. */
    public ImageBuilder note(Note note) {
        notes.add(note);
        return this;
    }

    /** Appends the notes of a thread. */
    public ImageBuilder thread(ThreadRecord thread) throws ImageTooBig {
        notes.add(new Note(Elf.CORE, Elf.NT_PRSTATUS, thread.prstatus()));
        notes.add(Note.crtools(Format.CRT_NT_THREAD, NoteEncoder.thread(thread.state())));
        if (!thread.fpregset().isEmpty()) {
            notes.add(new Note(Elf.CORE, Elf.NT_FPREGSET, thread.fpregset()));
        }
        if (!thread.xstate().isEmpty()) {
            notes.add(new Note(Elf.LINUX, Elf.NT_X86_XSTATE, thread.xstate()));
        }
        return this;
    }

    public ImageBuilder mm(Mm mm) throws ImageTooBig {
        return replace(Format.CRT_NT_MM, NoteEncoder.mm(mm));
    }

    public ImageBuilder vmas(VmaTable table) throws ImageTooBig {
        return replace(Format.CRT_NT_VMAS, NoteEncoder.vmas(table));
    }

    public ImageBuilder signals(Signals signals) throws ImageTooBig {
        return replace(Format.CRT_NT_SIGNALS, NoteEncoder.signals(signals));
    }

    public ImageBuilder timers(Timers timers) throws ImageTooBig {
        return replace(Format.CRT_NT_TIMERS, NoteEncoder.timers(timers));
    }

    public ImageBuilder program(Program program) throws ImageTooBig {
        return replace(Format.CRT_NT_PROGRAM, ProgramCodec.encode(program));
    }

    /** {@code json} is UTF-8. */
    public ImageBuilder model(ByteString json) throws ImageTooBig {
        return replace(Format.CRT_NT_MODEL, NoteEncoder.model(json));
    }

    public ImageBuilder checksum(Checksum checksum) throws ImageTooBig {
        return replace(Format.CRT_NT_CHECKSUM, NoteEncoder.checksum(checksum));
    }

    /** Their order is kept, and their offsets, which {@link ImageLayout#place} gives. */
    public ImageBuilder segments(List<Segment> newSegments) {
        segments = newSegments;
        return this;
    }

    private ImageBuilder replace(int type, ByteString desc) {
        Note note = Note.crtools(type, desc);
        for (int i = 0; i < notes.size(); i++) {
            if (notes.get(i).isCrtools() && notes.get(i).type() == type) {
                notes.set(i, note);
                return this;
            }
        }
        notes.add(note);
        return this;
    }

    /** Checks the whole as a reader would. */
    public Image build() throws ImageException {
        return new Image(header, notes, segments);
    }
}
