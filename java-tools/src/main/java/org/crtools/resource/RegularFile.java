// SPDX-License-Identifier: Apache-2.0
package org.crtools.resource;

import static org.crtools.image.Arg.imm;
import static org.crtools.image.Arg.slot;

import java.io.IOException;
import java.util.Optional;
import org.crtools.image.ByteString;
import org.crtools.image.Comparison;
import org.crtools.image.ProgramBuilder;
import org.crtools.image.Syscall;
import org.crtools.model.OpenDescription;
import org.crtools.sys.FileStatus;
import org.crtools.sys.SystemCalls;

/**
 * A file that a path leads to. It is not saved, only opened again; its size must be the same then, as the program
 * counts on what it wrote and read.
 *
 * @param size bytes, -1 when it says nothing (/proc)
 * @param removed the name that it was opened by, when that is gone and {@code path} another one; else empty
 */
public record RegularFile(ByteString path, int mode, long size, ByteString removed) implements Resource {

    static Optional<Resource> recognise(OpenFile file, CaptureContext context) throws IOException, RefusedException {
        FileStatus status = file.status();
        if (!status.isRegular() || file.isDeleted()) {
            return Optional.empty();
        }
        if (file.fileSystem() == FileSystems.MQUEUE) {
            throw new RefusedException("mqueue");
        }
        boolean synthetic = FileSystems.isSynthetic(file.fileSystem());
        if (synthetic && file.link().toString().matches("/proc/\\d+(/.*)?")) {
            throw new RefusedException("file of a process (" + file.link() + ")");
        }
        long size = synthetic ? -1 : status.size();
        Optional<ByteString> otherName = Paths.otherName(file, context);
        if (otherName.isPresent()) {
            return Optional.of(
                    new RegularFile(otherName.get(), status.mode(), size, OpenFile.withoutDeleted(file.link())));
        }
        Paths.expectLeadsTo(file, context);
        return Optional.of(new RegularFile(file.link(), status.mode(), size, ByteString.EMPTY));
    }

    @Override
    public String kind() {
        return "regular file";
    }

    @Override
    public String detail() {
        return path.toString();
    }

    @Override
    public void open(OpenContext context, OpenDescription description, int target) {
        if (removed.isEmpty()) {
            Opening.open(context, path, description.flags());
        } else {
            openByRemovedName(context, description.flags());
        }
        String label = description.place() + ": " + path;
        Opening.expectType(context, mode, label + " is no longer a regular file");
        if (size >= 0) {
            Opening.expectSize(context, size, label + " has another size than at the dump");
        }
        Opening.seek(context, description.position());
        Opening.moveTo(context, target);
    }

    /** The name comes back for a moment, if it is free, so that /proc shows it as before. */
    private void openByRemovedName(OpenContext context, int flags) {
        ProgramBuilder program = context.program();
        program.syscall(
                        Syscall.LINKAT,
                        imm(SystemCalls.AT_FDCWD),
                        program.text(path),
                        imm(SystemCalls.AT_FDCWD),
                        program.text(removed),
                        imm(0))
                .into(context.slot())
                .mayFail();
        program.skipIf(slot(context.slot()), Comparison.LT, imm(0), body -> {
            Opening.open(context, removed, flags);
            body.syscall(Syscall.UNLINKAT, imm(SystemCalls.AT_FDCWD), body.text(removed), imm(0));
        });
        program.skipIf(slot(context.slot()), Comparison.GE, imm(0), body -> Opening.open(context, path, flags));
    }
}
