// SPDX-License-Identifier: Apache-2.0
package org.crtools.resource;

import java.util.Arrays;
import java.util.Optional;
import org.crtools.image.ByteString;
import org.crtools.sys.FileStatus;
import org.crtools.sys.SystemCallException;

/** Whether a path can bring an open file back. */
final class Paths {
    private Paths() {}

    /** Another name in the same folder of a file whose name was removed. */
    static Optional<ByteString> otherName(OpenFile file, CaptureContext context) throws SystemCallException {
        ByteString removed = OpenFile.withoutDeleted(file.link());
        if (removed.equals(file.link())) {
            return Optional.empty();
        }
        byte[] bytes = removed.toBytes();
        int end = bytes.length;
        while (end > 0 && bytes[end - 1] != '/') {
            end--;
        }
        byte[] folder = Arrays.copyOf(bytes, end);
        for (ByteString name :
                context.calls().names(ByteString.of(folder), file.status().inode())) {
            byte[] path = Arrays.copyOf(folder, folder.length + name.length());
            System.arraycopy(name.toBytes(), 0, path, folder.length, name.length());
            ByteString found = ByteString.of(path);
            if (context.calls().linkStatus(found).isSameFile(file.status())) {
                return Optional.of(found);
            }
        }
        return Optional.empty();
    }

    /** Refuses a file that its path no longer leads to: it would come back as another one. */
    static void expectLeadsTo(OpenFile file, CaptureContext context) throws RefusedException {
        FileStatus found;
        try {
            found = file.status().isSymbolicLink()
                    ? context.calls().linkStatus(file.link())
                    : context.calls().status(file.link());
        } catch (SystemCallException failure) {
            throw new RefusedException("file that its path does not lead to (" + file.link() + ": "
                    + failure.errno().text() + ")");
        }
        if (!found.isSameFile(file.status())) {
            throw new RefusedException("file whose path leads to another file now (" + file.link() + ")");
        }
    }
}
