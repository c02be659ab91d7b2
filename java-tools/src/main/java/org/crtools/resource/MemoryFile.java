// SPDX-License-Identifier: Apache-2.0
package org.crtools.resource;

import static org.crtools.image.Arg.imm;

import java.io.IOException;
import java.util.Arrays;
import java.util.Optional;
import org.crtools.image.ByteString;
import org.crtools.image.ProgramBuilder;
import org.crtools.image.Syscall;
import org.crtools.sys.FileDescriptor;
import org.crtools.sys.FileStatus;
import org.crtools.sys.SystemCalls;

/**
 * A file in memory (memfd_create(2)).
 *
 * @param seals F_SEAL_*
 */
public record MemoryFile(
        int index, String place, String source, ByteString name, int mode, int uid, int gid, long size, int seals)
        implements SavedFile {
    static final String PREFIX = "/memfd:";

    private static final int F_ADD_SEALS = 1033;
    private static final int F_SEAL_SEAL = 1;
    private static final int F_SEAL_FUTURE_WRITE = 0x10;
    private static final int MFD_ALLOW_SEALING = 2;

    static Optional<Resource> recognise(OpenFile file, CaptureContext context) throws IOException, RefusedException {
        if (!file.status().isRegular()
                || !file.isDeleted()
                || file.fileSystem() == FileSystems.TMPFS && !file.linkStarts(PREFIX)) {
            return Optional.empty();
        }
        if (file.fileSystem() == FileSystems.SECRETMEM) {
            throw new RefusedException("secretmem");
        }
        if (file.fileSystem() == FileSystems.HUGETLBFS) {
            throw new RefusedException("hugetlb memory");
        }
        if (!file.linkStarts(PREFIX)) {
            return Optional.empty();
        }
        int index = object(file.place(), file.source(), file.link(), file.status(), context);
        return Optional.of(new Reopened(index, "memfd", file.path().toString()));
    }

    /** The index of the object behind an open or mapped memfd. */
    static int object(String place, String source, ByteString link, FileStatus status, CaptureContext context)
            throws IOException, RefusedException {
        Paths.expectOpens(ByteString.of(source), SystemCalls.O_RDONLY, context);
        int seals;
        try (FileDescriptor file = context.calls().open(source, SystemCalls.O_RDONLY)) {
            seals = context.calls().seals(file).orElse(F_SEAL_SEAL);
        }
        if ((seals & F_SEAL_FUTURE_WRITE) != 0) {
            throw new RefusedException("memfd sealed with F_SEAL_FUTURE_WRITE");
        }
        byte[] bytes = OpenFile.withoutDeleted(link).toBytes();
        ByteString name = ByteString.of(Arrays.copyOfRange(bytes, PREFIX.length(), bytes.length));
        return context.object(
                status,
                number -> new MemoryFile(
                        number, place, source, name, status.mode(), status.uid(), status.gid(), status.size(), seals));
    }

    /** One that nothing can be sealed in. */
    static MemoryFile unsealable(
            int index, String place, String source, ByteString name, int mode, int uid, int gid, long size) {
        return new MemoryFile(index, place, source, name, mode, uid, gid, size, F_SEAL_SEAL);
    }

    @Override
    public String kind() {
        return "memfd";
    }

    @Override
    public String detail() {
        return name.toString();
    }

    @Override
    public String stem() {
        return "shm";
    }

    @Override
    public void create(OpenContext context, int target) {
        ProgramBuilder program = context.program();
        boolean sealable = seals != F_SEAL_SEAL;
        program.syscall(Syscall.MEMFD_CREATE, program.text(name), imm(sealable ? MFD_ALLOW_SEALING : 0))
                .into(context.slot());
        Opening.moveTo(context, target);
        program.syscall(Syscall.FTRUNCATE, target, size);
        load(context, target);
    }

    @Override
    public void finish(OpenContext context, int target) {
        Opening.setOwner(context, target, uid, gid, mode);
        // One of them forbids changes of the permissions.
        if (seals != F_SEAL_SEAL && seals != 0) {
            context.program().syscall(Syscall.FCNTL, target, F_ADD_SEALS, seals);
        }
    }
}
