// SPDX-License-Identifier: Apache-2.0
package org.crtools.image;

import static org.crtools.image.Format.CRT_PAGE_SIZE;

import java.util.List;

/** What must hold between the parts of an image; each in one pass over its tables. */
final class ImageChecks {
    private static final String MISSING = "the image has no ";

    private static final int KNOWN_VMA_FLAGS = 2 * Format.CRT_VMA_DROPPABLE - 1;

    private ImageChecks() {}

    static void check(Image image) throws ImageException {
        Header header = image.header();
        if (image.isTree()) {
            checkTree(image);
            return;
        }
        if (image.mm().isEmpty()) {
            throw new CorruptImage(MISSING + "crt_mm");
        }
        if (image.vmas().isEmpty()) {
            throw new CorruptImage(MISSING + "crt_vmas");
        }
        if (image.signals().isEmpty()) {
            throw new CorruptImage(MISSING + "crt_signals");
        }
        if (image.timers().isEmpty()) {
            throw new CorruptImage(MISSING + "crt_timers");
        }
        checkThreads(header, image.threads());
        checkProgram(image);
        VmaTable table = image.vmas().get();
        checkVmas(table);
        checkExe(image.mm().get(), table);
        checkSegments(image.segments(), table.vmas());
        int loads = image.segments().size();
        if (image.checksum().isPresent() && image.checksum().get().count() != loads) {
            throw new CorruptImage(
                    "there are checksums of " + image.checksum().get().count() + " segments, not of " + loads);
        }
    }

    private static void checkTree(Image image) throws CorruptImage {
        if (image.program().isEmpty()) {
            throw new CorruptImage("the tree image has no restore program");
        }
        checkProgram(image);
        if (image.mm().isPresent()
                || image.vmas().isPresent()
                || image.signals().isPresent()
                || image.timers().isPresent()
                || image.checksum().isPresent()
                || !image.threads().isEmpty()
                || !image.segments().isEmpty()
                || image.header().nrThreads() != 0) {
            throw new CorruptImage("the tree image holds parts of a process");
        }
    }

    private static void checkThreads(Header header, List<ThreadRecord> threads) throws CorruptImage {
        if (threads.isEmpty() || threads.size() != header.nrThreads()) {
            throw new CorruptImage("there are " + threads.size() + " threads, the header says " + header.nrThreads());
        }
        for (ThreadRecord thread : threads) {
            if (thread.xstate().length() != header.xstateSize()) {
                throw new CorruptImage("thread " + thread.state().tid() + " has an xsave area of "
                        + thread.xstate().length() + " bytes, the header says " + header.xstateSize());
            }
        }
    }

    private static void checkProgram(Image image) throws CorruptImage {
        int threads = image.header().nrThreads();
        for (Op op : image.program().map(Program::ops).orElse(List.of())) {
            if (threads == 0 && op.phase() != Phase.PROCESS) {
                throw new CorruptImage("the program of a tree image has operations for threads");
            }
            if (op.phase() == Phase.THREAD
                    && op.thread() != Format.CRT_ALL_THREADS
                    && Integer.compareUnsigned(op.thread(), threads) >= 0) {
                throw new CorruptImage(
                        "the program names thread " + Integer.toUnsignedString(op.thread()) + " of " + threads);
            }
        }
    }

    private static void checkVmas(VmaTable table) throws CorruptImage {
        long end = 0;
        for (Vma vma : table.vmas()) {
            if (unaligned(vma.start()) || unaligned(vma.end()) || unaligned(vma.offset())) {
                throw bad(vma, "is not page aligned");
            }
            if (vma.start() < end || vma.end() <= vma.start()) {
                throw bad(vma, "is empty, or not behind the one before");
            }
            checkBase(vma, table.files());
            end = vma.end();
        }
    }

    private static void checkBase(Vma vma, List<MappedFile> files) throws CorruptImage {
        if (vma.base() == Base.FD ? vma.fd() < 0 : vma.fd() != -1) {
            throw bad(vma, "has descriptor " + vma.fd());
        }
        if ((vma.flags() & ~KNOWN_VMA_FLAGS) != 0) {
            throw bad(vma, "has unknown flags");
        }
        switch (vma.base()) {
            case ANON -> {
                if (vma.isShared()) {
                    throw bad(vma, "is shared and has nothing to share");
                }
            }
            case SHMEM -> {
                if (!vma.isShared()) {
                    throw bad(vma, "is shared memory and not shared");
                }
            }
            case FILE -> {
                if (vma.file() == Format.CRT_NO_FILE || !canBeOpened(files.get(vma.file()))) {
                    throw bad(vma, "has no file that can be opened");
                }
            }
            case FD, VDSO -> {}
        }
    }

    private static boolean canBeOpened(MappedFile file) {
        return !file.hasFlag(Format.CRT_FILE_DELETED)
                && !file.path().isEmpty()
                && file.path().get(0) == '/';
    }

    private static void checkExe(Mm mm, VmaTable table) throws CorruptImage {
        if (mm.exe() != Format.CRT_NO_FILE
                && Integer.compareUnsigned(mm.exe(), table.files().size()) >= 0) {
            throw new CorruptImage("the program's file is not in the file table");
        }
    }

    private static void checkSegments(List<Segment> segments, List<Vma> vmas) throws CorruptImage {
        int next = 0;
        long end = 0;
        for (Segment segment : segments) {
            if (unaligned(segment.address()) || unaligned(segment.memSize()) || segment.memSize() <= 0) {
                throw bad(segment, "is empty or not page aligned");
            }
            if (segment.fileSize() != 0 && segment.fileSize() != segment.memSize()) {
                throw bad(segment, "has " + segment.fileSize() + " bytes in the file");
            }
            if (segment.address() < end) {
                throw bad(segment, "is not behind the one before");
            }
            while (next < vmas.size() && vmas.get(next).end() <= segment.address()) {
                next++;
            }
            if (next == vmas.size()
                    || segment.address() < vmas.get(next).start()
                    || segment.memSize() > vmas.get(next).end() - segment.address()) {
                throw bad(segment, "is not inside one mapping");
            }
            end = segment.end();
        }
    }

    static boolean unaligned(long value) {
        return value % CRT_PAGE_SIZE != 0;
    }

    private static CorruptImage bad(Vma vma, String what) {
        return new CorruptImage(String.format("mapping %x-%x %s", vma.start(), vma.end(), what));
    }

    static CorruptImage bad(Segment segment, String what) {
        return new CorruptImage(String.format("segment %x+%x %s", segment.address(), segment.memSize(), what));
    }
}
