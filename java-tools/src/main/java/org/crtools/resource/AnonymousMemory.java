// SPDX-License-Identifier: Apache-2.0
package org.crtools.resource;

import static org.crtools.image.Arg.imm;

import java.io.IOException;
import java.util.Optional;
import org.crtools.image.ByteString;
import org.crtools.image.ProgramBuilder;
import org.crtools.image.Syscall;
import org.crtools.sys.FileStatus;
import org.crtools.sys.SystemCalls;

/** Anonymous shared memory (mmap(2) with MAP_SHARED and MAP_ANONYMOUS) that several mappings are on. */
public record AnonymousMemory(int index, String place, String source, long size) implements SavedFile {
    static final String LINK = "/dev/zero (deleted)";

    /** Where the tree image maps it for a moment; nothing else of its is there. */
    private static final long ADDRESS = 0x200000000000L;

    private static final int PROT_READ_WRITE = 3;
    private static final int MAP_SHARED_ANONYMOUS_FIXED_NOREPLACE = 0x100021;

    static Optional<Resource> recognise(OpenFile file, CaptureContext context) throws IOException, RefusedException {
        if (!file.status().isRegular() || !file.isDeleted() || !file.link().equals(ByteString.of(LINK))) {
            return Optional.empty();
        }
        int index = object(file.place(), file.source(), file.status(), context);
        return Optional.of(new Reopened(index, "anonymous shared memory", LINK));
    }

    static int object(String place, String source, FileStatus status, CaptureContext context) throws IOException {
        return context.object(status, number -> new AnonymousMemory(number, place, source, status.size()));
    }

    @Override
    public String kind() {
        return "anonymous shared memory";
    }

    @Override
    public String detail() {
        return size + " bytes";
    }

    @Override
    public String stem() {
        return "shm";
    }

    @Override
    public void create(OpenContext context, int target) {
        ProgramBuilder program = context.program();
        program.syscall(
                Syscall.MMAP,
                imm(ADDRESS),
                imm(size),
                imm(PROT_READ_WRITE),
                imm(MAP_SHARED_ANONYMOUS_FIXED_NOREPLACE),
                imm(-1),
                imm(0));
        Opening.open(context, ByteString.of("/proc/self/mfd/" + Long.toHexString(ADDRESS)), SystemCalls.O_RDWR);
        Opening.moveTo(context, target);
        program.syscall(Syscall.MUNMAP, ADDRESS, size);
        load(context, target);
    }
}
