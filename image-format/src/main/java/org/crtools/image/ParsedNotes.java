// SPDX-License-Identifier: Apache-2.0
package org.crtools.image;

import java.util.ArrayList;
import java.util.List;

/** What the notes of an image say; null for what no note tells. */
final class ParsedNotes {
    final List<ThreadRecord> threads;
    Mm mm;
    VmaTable vmas;
    Signals signals;
    Timers timers;
    Program program;
    ByteString model;
    Checksum checksum;

    private final List<ThreadRecord> threadList = new ArrayList<>();
    private ByteString prstatus;
    private ByteString fpregset = ByteString.EMPTY;
    private ByteString xstate = ByteString.EMPTY;
    private ThreadState thread;

    ParsedNotes(List<Note> notes) throws ImageException {
        for (Note note : notes) {
            if (note.isCrtools()) {
                crtools(note);
            } else {
                standard(note);
            }
        }
        endThread();
        threads = List.copyOf(threadList);
    }

    private void standard(Note note) throws CorruptImage {
        if (note.name().equals(Elf.CORE) && note.type() == Elf.NT_PRSTATUS) {
            endThread();
            if (note.desc().length() != Elf.PRSTATUS_SIZE) {
                throw new CorruptImage("NT_PRSTATUS has " + note.desc().length() + " bytes");
            }
            prstatus = note.desc();
        } else if (note.name().equals(Elf.CORE) && note.type() == Elf.NT_FPREGSET) {
            fpregset = ofThread(fpregset, note, "NT_FPREGSET");
        } else if (note.name().equals(Elf.LINUX) && note.type() == Elf.NT_X86_XSTATE) {
            xstate = ofThread(xstate, note, "NT_X86_XSTATE");
        }
    }

    private ByteString ofThread(ByteString before, Note note, String what) throws CorruptImage {
        if (prstatus == null || !before.isEmpty()) {
            throw new CorruptImage(what + " stands where it belongs to no thread");
        }
        return note.desc();
    }

    private void endThread() throws CorruptImage {
        if (prstatus == null) {
            return;
        }
        if (thread == null) {
            throw new CorruptImage("a thread has no crt_thread");
        }
        Registers registers = Registers.read(prstatus.buffer().position(Elf.PR_REG));
        threadList.add(new ThreadRecord(thread, prstatus, registers, fpregset, xstate));
        prstatus = null;
        thread = null;
        fpregset = ByteString.EMPTY;
        xstate = ByteString.EMPTY;
    }

    private void crtools(Note note) throws ImageException {
        ByteString desc = note.desc();
        switch (note.type()) {
            case Format.CRT_NT_HEADER -> throw new CorruptImage("there are two headers");
            case Format.CRT_NT_MM -> mm = once(mm, NoteDecoder.mm(desc), "crt_mm");
            case Format.CRT_NT_VMAS -> vmas = once(vmas, NoteDecoder.vmas(desc), "crt_vmas");
            case Format.CRT_NT_SIGNALS -> signals = once(signals, NoteDecoder.signals(desc), "crt_signals");
            case Format.CRT_NT_THREAD -> {
                if (prstatus == null) {
                    throw new CorruptImage("crt_thread stands before NT_PRSTATUS");
                }
                thread = once(thread, NoteDecoder.thread(desc), "crt_thread");
            }
            case Format.CRT_NT_TIMERS -> timers = once(timers, NoteDecoder.timers(desc), "crt_timers");
            case Format.CRT_NT_PROGRAM -> program = once(program, ProgramCodec.decode(desc), "crt_program");
            case Format.CRT_NT_CHECKSUM -> checksum = once(checksum, NoteDecoder.checksum(desc), "crt_checksum");
            case Format.CRT_NT_MODEL -> model = once(model, NoteDecoder.model(desc), "model");
            default -> {
                // A newer minor version may add notes that this one can do without.
            }
        }
    }

    private static <T> T once(T before, T now, String what) throws CorruptImage {
        if (before != null) {
            throw new CorruptImage("there are two " + what);
        }
        return now;
    }
}
