// SPDX-License-Identifier: Apache-2.0
package org.crtools.resource;

import java.io.IOException;
import java.util.Optional;
import org.crtools.image.ByteString;
import org.crtools.image.ProgramBuilder;
import org.crtools.image.Syscall;
import org.crtools.sys.FileStatus;
import org.crtools.sys.SystemCalls;

/**
 * A regular file whose last name was removed while it was open or mapped: saved whole.
 *
 * @param folder where it comes back
 * @param nameless made by O_TMPFILE: the path is its folder's, with a number of the kernel's
 */
public record UnlinkedFile(
        int index,
        String place,
        String source,
        ByteString path,
        ByteString folder,
        int mode,
        int uid,
        int gid,
        long size,
        boolean nameless)
        implements SavedFile {
    static Optional<Resource> recognise(OpenFile file, CaptureContext context) throws IOException, RefusedException {
        if (!file.status().isRegular() || !file.isDeleted()) {
            return Optional.empty();
        }
        if (file.fileSystem() == FileSystems.MQUEUE) {
            throw new RefusedException("mqueue");
        }
        int index = object(
                file.place(),
                file.source(),
                file.link(),
                file.status(),
                file.hasFlag(SystemCalls.TMPFILE_BIT),
                context);
        return Optional.of(new Reopened(index, "unlinked file", file.path().toString()));
    }

    /** The index of the object behind an open or mapped file without a name. */
    static int object(
            String place, String source, ByteString link, FileStatus status, boolean nameless, CaptureContext context)
            throws IOException, RefusedException {
        Paths.expectOpens(ByteString.of(source), SystemCalls.O_RDONLY, context);
        ByteString path = OpenFile.withoutDeleted(link);
        ByteString folder = Nameless.home(path, status, context.calls());
        return context.object(
                status,
                number -> new UnlinkedFile(
                        number,
                        place,
                        source,
                        path,
                        folder,
                        status.mode(),
                        status.uid(),
                        status.gid(),
                        status.size(),
                        nameless));
    }

    @Override
    public String kind() {
        return "unlinked file";
    }

    @Override
    public String detail() {
        return path.toString();
    }

    @Override
    public String stem() {
        return "file";
    }

    @Override
    public void create(OpenContext context, int target) {
        ProgramBuilder program = context.program();
        Nameless.create(context, folder, path, nameless, target);
        program.syscall(Syscall.FTRUNCATE, target, size);
        load(context, target);
    }

    @Override
    public void finish(OpenContext context, int target) {
        Opening.setOwner(context, target, uid, gid, mode);
    }
}
