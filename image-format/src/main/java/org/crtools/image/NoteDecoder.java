// SPDX-License-Identifier: Apache-2.0
package org.crtools.image;

import static org.crtools.image.Format.CRT_MAX_FILES;
import static org.crtools.image.Format.CRT_MAX_PATH;
import static org.crtools.image.Format.CRT_MAX_PENDING;
import static org.crtools.image.Format.CRT_MAX_PHDRS;
import static org.crtools.image.Format.CRT_MAX_STRINGS;
import static org.crtools.image.Format.CRT_MAX_THREADS;
import static org.crtools.image.Format.CRT_MAX_TIMERS;
import static org.crtools.image.Format.CRT_MAX_VMAS;
import static org.crtools.image.Format.CRT_MAX_XSTATE;
import static org.crtools.image.Format.CRT_NO_FILE;
import static org.crtools.image.Format.CRT_NSIG;
import static org.crtools.image.Format.CRT_SIGINFO_SIZE;

import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;

/** Reads the contents of CRTOOLS notes; {@link NoteEncoder} is its inverse. Every count is capped before use. */
final class NoteDecoder {
    private NoteDecoder() {}

    static Header header(ByteString contents) throws ImageException {
        Desc desc = new Desc("crt_header", contents, HeaderDescriptor.BYTES);
        desc.expectSize(HeaderDescriptor.BYTES);
        var id = contents.buffer().order(ByteOrder.BIG_ENDIAN);
        return new Header(
                desc.u16(HeaderDescriptor.FORMAT_MAJOR),
                desc.u16(HeaderDescriptor.FORMAT_MINOR),
                desc.s32(HeaderDescriptor.FLAGS),
                desc.s64(HeaderDescriptor.META_SIZE),
                desc.s32(HeaderDescriptor.META_CRC),
                desc.s32(HeaderDescriptor.PAGE_SIZE),
                new UUID(id.getLong(HeaderDescriptor.ID), id.getLong(HeaderDescriptor.ID + 8)),
                desc.s64(HeaderDescriptor.CREATED_NS),
                desc.s64(HeaderDescriptor.MONOTONIC_NS),
                desc.s64(HeaderDescriptor.BOOTTIME_NS),
                desc.s64(HeaderDescriptor.XFEATURES),
                desc.count(HeaderDescriptor.XSTATE_SIZE, "xstate_size", CRT_MAX_XSTATE),
                desc.count(HeaderDescriptor.NR_THREADS, "nr_threads", CRT_MAX_THREADS),
                desc.s32(HeaderDescriptor.PID),
                new String(
                        desc.slice(HeaderDescriptor.RELEASE, NoteEncoder.RELEASE_SIZE)
                                .untilNul()
                                .toBytes(),
                        StandardCharsets.UTF_8));
    }

    static Mm mm(ByteString contents) throws ImageException {
        Desc desc = new Desc("crt_mm", contents, MmDescriptor.BYTES);
        desc.expectSize(MmDescriptor.BYTES);
        return new Mm(
                desc.s64(MmDescriptor.START_CODE),
                desc.s64(MmDescriptor.END_CODE),
                desc.s64(MmDescriptor.START_DATA),
                desc.s64(MmDescriptor.END_DATA),
                desc.s64(MmDescriptor.START_BRK),
                desc.s64(MmDescriptor.BRK),
                desc.s64(MmDescriptor.START_STACK),
                desc.s64(MmDescriptor.ARG_START),
                desc.s64(MmDescriptor.ARG_END),
                desc.s64(MmDescriptor.ENV_START),
                desc.s64(MmDescriptor.ENV_END),
                desc.s64(MmDescriptor.VDSO_BASE),
                desc.s64(MmDescriptor.VDSO_SIZE),
                desc.s64(MmDescriptor.VDSO_CODE),
                desc.s32(MmDescriptor.VDSO_CRC),
                desc.s32(MmDescriptor.EXE),
                desc.s32(MmDescriptor.PERSONALITY),
                desc.s32(MmDescriptor.DUMPABLE),
                desc.s32(MmDescriptor.THP_DISABLE),
                desc.s32(MmDescriptor.MEMBARRIER),
                desc.s32(MmDescriptor.MLOCK_FUTURE),
                desc.s32(MmDescriptor.CHILD_SUBREAPER),
                desc.s32(MmDescriptor.MDWE),
                desc.s32(MmDescriptor.MEMORY_MERGE));
    }

    static VmaTable vmas(ByteString contents) throws ImageException {
        Desc desc = new Desc("crt_vmas", contents, VmasDescriptor.BYTES);
        int nrVmas = desc.count(VmasDescriptor.NR_VMAS, "nr_vmas", CRT_MAX_VMAS);
        int nrFiles = desc.count(VmasDescriptor.NR_FILES, "nr_files", CRT_MAX_FILES);
        int stringsSize = desc.count(VmasDescriptor.STRINGS_SIZE, "strings_size", CRT_MAX_STRINGS);
        desc.zero(VmasDescriptor.RESERVED, "reserved");
        long files = VmasDescriptor.BYTES + (long) nrVmas * VmaDescriptor.BYTES;
        long strings = files + (long) nrFiles * MappedFileDescriptor.BYTES;
        desc.expectSize(strings + stringsSize);
        List<MappedFile> fileList = new ArrayList<>(nrFiles);
        for (int i = 0; i < nrFiles; i++) {
            fileList.add(file(desc, (int) files + i * MappedFileDescriptor.BYTES, (int) strings, stringsSize));
        }
        List<Vma> vmaList = new ArrayList<>(nrVmas);
        for (int i = 0; i < nrVmas; i++) {
            int at = VmasDescriptor.BYTES + i * VmaDescriptor.BYTES;
            vmaList.add(vma(desc, at, nrFiles, (int) strings, stringsSize));
        }
        return new VmaTable(vmaList, fileList);
    }

    private static Vma vma(Desc desc, int at, int nrFiles, int strings, int stringsSize) throws ImageException {
        int file = desc.s32(at + VmaDescriptor.FILE);
        if (file != CRT_NO_FILE && Integer.compareUnsigned(file, nrFiles) >= 0) {
            throw new CorruptImage("a mapping names file " + Integer.toUnsignedString(file) + " of " + nrFiles);
        }
        int nameLength = desc.s32(at + VmaDescriptor.NAME_LEN);
        return new Vma(
                desc.s64(at + VmaDescriptor.START),
                desc.s64(at + VmaDescriptor.END),
                desc.s64(at + VmaDescriptor.OFFSET),
                desc.s32(at + VmaDescriptor.FLAGS),
                Base.of(desc.s32(at + VmaDescriptor.BASE)),
                file,
                desc.s32(at + VmaDescriptor.FD),
                nameLength == 0
                        ? ByteString.EMPTY
                        : desc.checkedSlice(
                                strings, stringsSize, desc.s32(at + VmaDescriptor.NAME_OFF), nameLength, "a name"));
    }

    private static MappedFile file(Desc desc, int at, int strings, int stringsSize) throws ImageException {
        int length = desc.count(at + MappedFileDescriptor.PATH_LEN, "path_len", CRT_MAX_PATH - 1);
        int offset = desc.s32(at + MappedFileDescriptor.PATH_OFF);
        ByteString withNul = desc.checkedSlice(strings, stringsSize, offset, length + 1, "a path");
        ByteString path = withNul.untilNul();
        if (path.length() != length) {
            throw new CorruptImage("the path \"" + path + "\" is not " + length + " bytes and a NUL");
        }
        int buildIdLength =
                desc.count(at + MappedFileDescriptor.BUILD_ID_LEN, "build_id_len", NoteEncoder.BUILD_ID_SIZE);
        return new MappedFile(
                desc.s64(at + MappedFileDescriptor.INO),
                desc.s64(at + MappedFileDescriptor.SIZE),
                desc.s64(at + MappedFileDescriptor.MTIME_NS),
                desc.s32(at + MappedFileDescriptor.DEV_MAJOR),
                desc.s32(at + MappedFileDescriptor.DEV_MINOR),
                desc.s32(at + MappedFileDescriptor.MODE),
                desc.s32(at + MappedFileDescriptor.FLAGS),
                path,
                desc.slice(at + MappedFileDescriptor.BUILD_ID, buildIdLength));
    }

    static Signals signals(ByteString contents) throws ImageException {
        Desc desc = new Desc("crt_signals", contents, SignalsDescriptor.BYTES);
        int pending = desc.count(SignalsDescriptor.NR_PENDING, "nr_pending", CRT_MAX_PENDING);
        desc.zero(SignalsDescriptor.RESERVED, "reserved");
        List<SigAction> actions = new ArrayList<>(CRT_NSIG);
        for (int i = 0; i < CRT_NSIG; i++) {
            int at = SignalsDescriptor.ACTIONS + i * SigActionDescriptor.BYTES;
            actions.add(new SigAction(
                    desc.s64(at + SigActionDescriptor.HANDLER),
                    desc.s64(at + SigActionDescriptor.FLAGS),
                    desc.s64(at + SigActionDescriptor.RESTORER),
                    desc.s64(at + SigActionDescriptor.MASK)));
        }
        return new Signals(actions, pending(desc, SignalsDescriptor.BYTES, pending));
    }

    private static List<ByteString> pending(Desc desc, int at, int count) throws CorruptImage {
        desc.expectSize(at + (long) count * CRT_SIGINFO_SIZE);
        List<ByteString> queue = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            queue.add(desc.slice(at + i * CRT_SIGINFO_SIZE, CRT_SIGINFO_SIZE));
        }
        return queue;
    }

    static ThreadState thread(ByteString contents) throws ImageException {
        Desc desc = new Desc("crt_thread", contents, ThreadDescriptor.BYTES);
        int pending = desc.count(ThreadDescriptor.NR_PENDING, "nr_pending", CRT_MAX_PENDING);
        desc.zero(ThreadDescriptor.TIMER_SLACK_HI, "timer_slack_hi");
        return new ThreadState(
                desc.s32(ThreadDescriptor.TID),
                desc.s32(ThreadDescriptor.FLAGS),
                desc.s64(ThreadDescriptor.SIGMASK),
                desc.s64(ThreadDescriptor.SAVED_SIGMASK),
                desc.s64(ThreadDescriptor.ALTSTACK_SP),
                desc.s64(ThreadDescriptor.ALTSTACK_SIZE),
                desc.s32(ThreadDescriptor.ALTSTACK_FLAGS),
                desc.s32(ThreadDescriptor.RSEQ_LEN),
                desc.s64(ThreadDescriptor.RSEQ_PTR),
                desc.s32(ThreadDescriptor.RSEQ_SIG),
                pending(desc, ThreadDescriptor.BYTES, pending),
                desc.s64(ThreadDescriptor.ROBUST_LIST),
                desc.s64(ThreadDescriptor.ROBUST_LIST_LEN),
                desc.s64(ThreadDescriptor.CLEAR_CHILD_TID),
                restart(desc),
                desc.s32(ThreadDescriptor.PDEATH_SIGNAL),
                desc.s32(ThreadDescriptor.SECUREBITS),
                desc.s32(ThreadDescriptor.NO_NEW_PRIVS),
                desc.s64(ThreadDescriptor.TIMER_SLACK_NS),
                desc.slice(ThreadDescriptor.COMM, NoteEncoder.COMM_SIZE).untilNul());
    }

    private static Restart restart(Desc desc) throws CorruptImage {
        return new Restart(
                RestartKind.of(desc.s32(ThreadDescriptor.RESTART)),
                desc.s32(ThreadDescriptor.RESTART_CLOCK),
                desc.s32(ThreadDescriptor.RESTART_TYPE),
                desc.s32(ThreadDescriptor.RESTART_FLAGS),
                desc.s64(ThreadDescriptor.RESTART_PTR),
                desc.s64(ThreadDescriptor.RESTART_VAL),
                desc.s32(ThreadDescriptor.RESTART_BITSET),
                desc.s32(ThreadDescriptor.RESTART_HAS_TIMEOUT),
                desc.s64(ThreadDescriptor.RESTART_REMAINING_NS));
    }

    static Timers timers(ByteString contents) throws ImageException {
        Desc desc = new Desc("crt_timers", contents, TimersDescriptor.BYTES);
        int nrPosix = desc.count(TimersDescriptor.NR_POSIX, "nr_posix", CRT_MAX_TIMERS);
        desc.zero(TimersDescriptor.RESERVED, "reserved");
        desc.expectSize(TimersDescriptor.BYTES + (long) nrPosix * PosixTimerDescriptor.BYTES);
        List<PosixTimer> posix = new ArrayList<>(nrPosix);
        for (int i = 0; i < nrPosix; i++) {
            int at = TimersDescriptor.BYTES + i * PosixTimerDescriptor.BYTES;
            posix.add(new PosixTimer(
                    desc.s32(at + PosixTimerDescriptor.ID),
                    desc.s32(at + PosixTimerDescriptor.CLOCK),
                    desc.s32(at + PosixTimerDescriptor.NOTIFY),
                    desc.s32(at + PosixTimerDescriptor.SIGNO),
                    desc.s64(at + PosixTimerDescriptor.VALUE),
                    desc.s32(at + PosixTimerDescriptor.TID),
                    desc.s32(at + PosixTimerDescriptor.OVERRUN),
                    desc.s64(at + PosixTimerDescriptor.VALUE_NS),
                    desc.s64(at + PosixTimerDescriptor.INTERVAL_NS)));
        }
        return new Timers(itimer(desc, 0), itimer(desc, 1), itimer(desc, 2), posix);
    }

    private static Itimer itimer(Desc desc, int index) {
        int at = TimersDescriptor.ITIMER + index * ItimerDescriptor.BYTES;
        return new Itimer(desc.s64(at + ItimerDescriptor.VALUE_NS), desc.s64(at + ItimerDescriptor.INTERVAL_NS));
    }

    static Checksum checksum(ByteString contents) throws ImageException {
        Desc desc = new Desc("crt_checksum", contents, ChecksumDescriptor.BYTES);
        int count = desc.count(ChecksumDescriptor.NR, "nr", CRT_MAX_PHDRS);
        desc.zero(ChecksumDescriptor.RESERVED, "reserved");
        desc.expectSize(ChecksumDescriptor.BYTES + (long) count * Integer.BYTES);
        int[] crcs = new int[count];
        for (int i = 0; i < count; i++) {
            crcs[i] = desc.s32(ChecksumDescriptor.BYTES + i * Integer.BYTES);
        }
        return new Checksum(crcs);
    }

    static ByteString model(ByteString contents) throws ImageException {
        Desc desc = new Desc("model", contents, NoteDescriptor.BYTES);
        return desc.slice(NoteDescriptor.BYTES, desc.size() - NoteDescriptor.BYTES);
    }
}
