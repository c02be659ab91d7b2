// SPDX-License-Identifier: Apache-2.0
package org.crtools.image;

import static org.crtools.image.Format.CRT_NSIG;
import static org.crtools.image.Format.CRT_SIGINFO_SIZE;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Makes the contents of CRTOOLS notes; {@link NoteDecoder} is its inverse. */
final class NoteEncoder {
    static final int RELEASE_SIZE = 64;
    static final int COMM_SIZE = 16;
    static final int BUILD_ID_SIZE = 20;

    private NoteEncoder() {}

    /** A desc of this many bytes, {@code struct crt_note} filled in. */
    static ByteBuffer start(long size) throws ImageTooBig {
        if (size > Format.CRT_MAX_META) {
            throw new ImageTooBig("a note of " + size + " bytes is larger than all metadata may be");
        }
        ByteBuffer desc = ByteBuffer.allocate((int) size).order(ByteOrder.LITTLE_ENDIAN);
        desc.putShort(NoteDescriptor.VERSION, (short) 1);
        desc.putInt(NoteDescriptor.SIZE, (int) size);
        return desc;
    }

    static ByteString finish(ByteBuffer desc) {
        return ByteString.take(desc.position(0), desc.limit());
    }

    static void put(ByteBuffer desc, int at, ByteString bytes) {
        desc.put(at, bytes.toBytes());
    }

    private static void checkLength(ByteString bytes, int most, String what) {
        if (bytes.length() > most) {
            throw new IllegalArgumentException(what + " has " + bytes.length() + " bytes, the most is " + most);
        }
    }

    static ByteString header(Header header) throws ImageTooBig {
        ByteBuffer desc = start(HeaderDescriptor.BYTES);
        desc.putShort(HeaderDescriptor.FORMAT_MAJOR, (short) header.formatMajor());
        desc.putShort(HeaderDescriptor.FORMAT_MINOR, (short) header.formatMinor());
        desc.putInt(HeaderDescriptor.FLAGS, header.flags());
        desc.putLong(HeaderDescriptor.META_SIZE, header.metaSize());
        desc.putInt(HeaderDescriptor.META_CRC, header.metaCrc());
        desc.putInt(HeaderDescriptor.PAGE_SIZE, header.pageSize());
        desc.order(ByteOrder.BIG_ENDIAN)
                .putLong(HeaderDescriptor.ID, header.id().getMostSignificantBits())
                .putLong(HeaderDescriptor.ID + 8, header.id().getLeastSignificantBits())
                .order(ByteOrder.LITTLE_ENDIAN);
        desc.putLong(HeaderDescriptor.CREATED_NS, header.createdNs());
        desc.putLong(HeaderDescriptor.MONOTONIC_NS, header.monotonicNs());
        desc.putLong(HeaderDescriptor.BOOTTIME_NS, header.boottimeNs());
        desc.putLong(HeaderDescriptor.XFEATURES, header.xfeatures());
        desc.putInt(HeaderDescriptor.XSTATE_SIZE, header.xstateSize());
        desc.putInt(HeaderDescriptor.NR_THREADS, header.nrThreads());
        desc.putInt(HeaderDescriptor.PID, header.pid());
        ByteString release = ByteString.of(header.release().getBytes(StandardCharsets.UTF_8));
        checkLength(release, RELEASE_SIZE - 1, "the kernel release");
        put(desc, HeaderDescriptor.RELEASE, release);
        return finish(desc);
    }

    static ByteString mm(Mm mm) throws ImageTooBig {
        ByteBuffer desc = start(MmDescriptor.BYTES);
        desc.putLong(MmDescriptor.START_CODE, mm.startCode());
        desc.putLong(MmDescriptor.END_CODE, mm.endCode());
        desc.putLong(MmDescriptor.START_DATA, mm.startData());
        desc.putLong(MmDescriptor.END_DATA, mm.endData());
        desc.putLong(MmDescriptor.START_BRK, mm.startBrk());
        desc.putLong(MmDescriptor.BRK, mm.brk());
        desc.putLong(MmDescriptor.START_STACK, mm.startStack());
        desc.putLong(MmDescriptor.ARG_START, mm.argStart());
        desc.putLong(MmDescriptor.ARG_END, mm.argEnd());
        desc.putLong(MmDescriptor.ENV_START, mm.envStart());
        desc.putLong(MmDescriptor.ENV_END, mm.envEnd());
        desc.putLong(MmDescriptor.VDSO_BASE, mm.vdsoBase());
        desc.putLong(MmDescriptor.VDSO_SIZE, mm.vdsoSize());
        desc.putLong(MmDescriptor.VDSO_CODE, mm.vdsoCode());
        desc.putInt(MmDescriptor.VDSO_CRC, mm.vdsoCrc());
        desc.putInt(MmDescriptor.EXE, mm.exe());
        desc.putInt(MmDescriptor.PERSONALITY, mm.personality());
        desc.putInt(MmDescriptor.DUMPABLE, mm.dumpable());
        desc.putInt(MmDescriptor.THP_DISABLE, mm.thpDisable());
        desc.putInt(MmDescriptor.MEMBARRIER, mm.membarrier());
        desc.putInt(MmDescriptor.MLOCK_FUTURE, mm.mlockFuture());
        desc.putInt(MmDescriptor.CHILD_SUBREAPER, mm.childSubreaper());
        desc.putInt(MmDescriptor.MDWE, mm.mdwe());
        desc.putInt(MmDescriptor.MEMORY_MERGE, mm.memoryMerge());
        return finish(desc);
    }

    static ByteString vmas(VmaTable table) throws ImageTooBig {
        Map<ByteString, Integer> strings = new HashMap<>();
        int stringsSize = 0;
        for (Vma vma : table.vmas()) {
            stringsSize = intern(strings, stringsSize, vma.name());
        }
        for (MappedFile file : table.files()) {
            checkLength(file.path(), Format.CRT_MAX_PATH - 1, "a path");
            checkLength(file.buildId(), BUILD_ID_SIZE, "a build id");
            stringsSize = intern(strings, stringsSize, file.path());
        }
        stringsSize = (int) Elf.alignUp(stringsSize, Long.BYTES);
        long files = VmasDescriptor.BYTES + (long) table.vmas().size() * VmaDescriptor.BYTES;
        long strs = files + (long) table.files().size() * MappedFileDescriptor.BYTES;
        ByteBuffer desc = start(strs + stringsSize);
        desc.putInt(VmasDescriptor.NR_VMAS, table.vmas().size());
        desc.putInt(VmasDescriptor.NR_FILES, table.files().size());
        desc.putInt(VmasDescriptor.STRINGS_SIZE, stringsSize);
        int at = VmasDescriptor.BYTES;
        for (Vma vma : table.vmas()) {
            desc.putLong(at + VmaDescriptor.START, vma.start());
            desc.putLong(at + VmaDescriptor.END, vma.end());
            desc.putLong(at + VmaDescriptor.OFFSET, vma.offset());
            desc.putInt(at + VmaDescriptor.FLAGS, vma.flags());
            desc.putInt(at + VmaDescriptor.BASE, vma.base().value());
            desc.putInt(at + VmaDescriptor.FILE, vma.file());
            desc.putInt(at + VmaDescriptor.FD, vma.fd());
            desc.putInt(at + VmaDescriptor.NAME_OFF, vma.name().isEmpty() ? 0 : strings.get(vma.name()));
            desc.putInt(at + VmaDescriptor.NAME_LEN, vma.name().length());
            at += VmaDescriptor.BYTES;
        }
        for (MappedFile file : table.files()) {
            desc.putLong(at + MappedFileDescriptor.INO, file.ino());
            desc.putLong(at + MappedFileDescriptor.SIZE, file.size());
            desc.putLong(at + MappedFileDescriptor.MTIME_NS, file.mtimeNs());
            desc.putInt(at + MappedFileDescriptor.DEV_MAJOR, file.devMajor());
            desc.putInt(at + MappedFileDescriptor.DEV_MINOR, file.devMinor());
            desc.putInt(at + MappedFileDescriptor.MODE, file.mode());
            desc.putInt(at + MappedFileDescriptor.FLAGS, file.flags());
            desc.putInt(at + MappedFileDescriptor.PATH_OFF, strings.get(file.path()));
            desc.putInt(at + MappedFileDescriptor.PATH_LEN, file.path().length());
            desc.putInt(at + MappedFileDescriptor.BUILD_ID_LEN, file.buildId().length());
            put(desc, at + MappedFileDescriptor.BUILD_ID, file.buildId());
            at += MappedFileDescriptor.BYTES;
        }
        int base = at;
        strings.forEach((text, offset) -> put(desc, base + offset, text));
        return finish(desc);
    }

    /** Gives each distinct string a place, with a NUL behind it; returns the end of the table so far. */
    private static int intern(Map<ByteString, Integer> strings, int end, ByteString text) throws ImageTooBig {
        if (strings.putIfAbsent(text, end) != null) {
            return end;
        }
        int newEnd = end + text.length() + 1;
        if (newEnd > Format.CRT_MAX_STRINGS) {
            throw new ImageTooBig("paths and names take more than " + Format.CRT_MAX_STRINGS + " bytes");
        }
        return newEnd;
    }

    static ByteString signals(Signals signals) throws ImageTooBig {
        if (signals.actions().size() != CRT_NSIG) {
            throw new IllegalArgumentException("there are " + CRT_NSIG + " signals");
        }
        ByteBuffer desc =
                start(SignalsDescriptor.BYTES + (long) signals.pending().size() * CRT_SIGINFO_SIZE);
        desc.putInt(SignalsDescriptor.NR_PENDING, signals.pending().size());
        int at = SignalsDescriptor.ACTIONS;
        for (SigAction action : signals.actions()) {
            desc.putLong(at + SigActionDescriptor.HANDLER, action.handler());
            desc.putLong(at + SigActionDescriptor.FLAGS, action.flags());
            desc.putLong(at + SigActionDescriptor.RESTORER, action.restorer());
            desc.putLong(at + SigActionDescriptor.MASK, action.mask());
            at += SigActionDescriptor.BYTES;
        }
        putPending(desc, SignalsDescriptor.BYTES, signals.pending());
        return finish(desc);
    }

    private static void putPending(ByteBuffer desc, int start, List<ByteString> pending) {
        int at = start;
        for (ByteString siginfo : pending) {
            if (siginfo.length() != CRT_SIGINFO_SIZE) {
                throw new IllegalArgumentException("a siginfo has " + CRT_SIGINFO_SIZE + " bytes");
            }
            put(desc, at, siginfo);
            at += CRT_SIGINFO_SIZE;
        }
    }

    static ByteString thread(ThreadState thread) throws ImageTooBig {
        ByteBuffer desc = start(ThreadDescriptor.BYTES + (long) thread.pending().size() * CRT_SIGINFO_SIZE);
        desc.putInt(ThreadDescriptor.TID, thread.tid());
        desc.putInt(ThreadDescriptor.FLAGS, thread.flags());
        desc.putLong(ThreadDescriptor.SIGMASK, thread.sigmask());
        desc.putLong(ThreadDescriptor.SAVED_SIGMASK, thread.savedSigmask());
        desc.putLong(ThreadDescriptor.ALTSTACK_SP, thread.altstackSp());
        desc.putLong(ThreadDescriptor.ALTSTACK_SIZE, thread.altstackSize());
        desc.putInt(ThreadDescriptor.ALTSTACK_FLAGS, thread.altstackFlags());
        desc.putInt(ThreadDescriptor.RSEQ_LEN, thread.rseqLen());
        desc.putLong(ThreadDescriptor.RSEQ_PTR, thread.rseqPtr());
        desc.putInt(ThreadDescriptor.RSEQ_SIG, thread.rseqSig());
        desc.putInt(ThreadDescriptor.NR_PENDING, thread.pending().size());
        desc.putLong(ThreadDescriptor.ROBUST_LIST, thread.robustList());
        desc.putLong(ThreadDescriptor.ROBUST_LIST_LEN, thread.robustListLen());
        desc.putLong(ThreadDescriptor.CLEAR_CHILD_TID, thread.clearChildTid());
        putRestart(desc, thread.restart());
        desc.putInt(ThreadDescriptor.PDEATH_SIGNAL, thread.pdeathSignal());
        desc.putInt(ThreadDescriptor.SECUREBITS, thread.securebits());
        desc.putInt(ThreadDescriptor.NO_NEW_PRIVS, thread.noNewPrivs());
        desc.putLong(ThreadDescriptor.TIMER_SLACK_NS, thread.timerSlackNs());
        checkLength(thread.comm(), COMM_SIZE - 1, "the name of a thread");
        put(desc, ThreadDescriptor.COMM, thread.comm());
        putPending(desc, ThreadDescriptor.BYTES, thread.pending());
        return finish(desc);
    }

    private static void putRestart(ByteBuffer desc, Restart restart) {
        desc.putInt(ThreadDescriptor.RESTART, restart.kind().value());
        desc.putInt(ThreadDescriptor.RESTART_CLOCK, restart.clock());
        desc.putInt(ThreadDescriptor.RESTART_TYPE, restart.type());
        desc.putInt(ThreadDescriptor.RESTART_FLAGS, restart.flags());
        desc.putLong(ThreadDescriptor.RESTART_PTR, restart.ptr());
        desc.putLong(ThreadDescriptor.RESTART_VAL, restart.value());
        desc.putInt(ThreadDescriptor.RESTART_BITSET, restart.bitset());
        desc.putInt(ThreadDescriptor.RESTART_HAS_TIMEOUT, restart.hasTimeout());
        desc.putLong(ThreadDescriptor.RESTART_REMAINING_NS, restart.remainingNs());
    }

    static ByteString timers(Timers timers) throws ImageTooBig {
        ByteBuffer desc = start(TimersDescriptor.BYTES + (long) timers.posix().size() * PosixTimerDescriptor.BYTES);
        desc.putInt(TimersDescriptor.NR_POSIX, timers.posix().size());
        int at = TimersDescriptor.ITIMER;
        for (Itimer itimer : List.of(timers.real(), timers.virtual(), timers.prof())) {
            desc.putLong(at + ItimerDescriptor.VALUE_NS, itimer.valueNs());
            desc.putLong(at + ItimerDescriptor.INTERVAL_NS, itimer.intervalNs());
            at += ItimerDescriptor.BYTES;
        }
        at = TimersDescriptor.BYTES;
        for (PosixTimer timer : timers.posix()) {
            desc.putInt(at + PosixTimerDescriptor.ID, timer.id());
            desc.putInt(at + PosixTimerDescriptor.CLOCK, timer.clock());
            desc.putInt(at + PosixTimerDescriptor.NOTIFY, timer.sigevNotify());
            desc.putInt(at + PosixTimerDescriptor.SIGNO, timer.signo());
            desc.putLong(at + PosixTimerDescriptor.VALUE, timer.value());
            desc.putInt(at + PosixTimerDescriptor.TID, timer.tid());
            desc.putInt(at + PosixTimerDescriptor.OVERRUN, timer.overrun());
            desc.putLong(at + PosixTimerDescriptor.VALUE_NS, timer.valueNs());
            desc.putLong(at + PosixTimerDescriptor.INTERVAL_NS, timer.intervalNs());
            at += PosixTimerDescriptor.BYTES;
        }
        return finish(desc);
    }

    static ByteString checksum(Checksum checksum) throws ImageTooBig {
        ByteBuffer desc = start(ChecksumDescriptor.BYTES + (long) checksum.count() * Integer.BYTES);
        desc.putInt(ChecksumDescriptor.NR, checksum.count());
        for (int i = 0; i < checksum.count(); i++) {
            desc.putInt(ChecksumDescriptor.BYTES + i * Integer.BYTES, checksum.crc(i));
        }
        return finish(desc);
    }

    static ByteString model(ByteString json) throws ImageTooBig {
        ByteBuffer desc = start(NoteDescriptor.BYTES + (long) json.length());
        put(desc, NoteDescriptor.BYTES, json);
        return finish(desc);
    }
}
