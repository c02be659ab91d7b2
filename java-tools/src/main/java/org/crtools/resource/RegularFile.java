// SPDX-License-Identifier: Apache-2.0
package org.crtools.resource;

import java.io.IOException;
import java.util.Optional;
import org.crtools.image.ByteString;
import org.crtools.model.OpenDescription;
import org.crtools.sys.FileStatus;
import org.crtools.sys.SystemCalls;

/**
 * A file that a path leads to. It is not saved, only opened again; its size must be the same then, as the program
 * counts on what it wrote and read.
 *
 * @param path one that leads to it: if the one that it was opened by is gone, another one
 * @param size bytes, -1 when it says nothing (/proc)
 */
public record RegularFile(ByteString path, int mode, long size) implements Resource {

    static Optional<Resource> recognise(OpenFile file, CaptureContext context) throws IOException, RefusedException {
        FileStatus status = file.status();
        if (!status.isRegular() || file.isDeleted()) {
            return Optional.empty();
        }
        if (file.fileSystem() == FileSystems.MQUEUE) {
            throw new RefusedException("mqueue");
        }
        Paths.expectOfNoProcess(file);
        long size = FileSystems.isSynthetic(file.fileSystem()) ? -1 : status.size();
        Optional<ByteString> otherName = Paths.otherName(file, context);
        if (otherName.isPresent()) {
            Paths.expectOpens(otherName.get(), file.info().flags(), context);
            return Optional.of(new RegularFile(otherName.get(), status.mode(), size));
        }
        Paths.expectLeadsTo(file, context);
        return Optional.of(new RegularFile(file.link(), status.mode(), size));
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
        int flags = description.flags();
        if ((flags & SystemCalls.TMPFILE_BIT) != 0) {
            // It has got a name since; the flag stays with the description that made it.
            flags &= ~SystemCalls.O_TMPFILE;
        }
        Opening.open(context, path, flags);
        String label = description.place() + ": " + path;
        Opening.expectType(context, mode, label + " is no longer a regular file");
        if (size >= 0) {
            Opening.expectSize(context, size, label + " has another size than at the dump");
        }
        Opening.seek(context, description.position());
        Opening.moveTo(context, target);
    }
}
