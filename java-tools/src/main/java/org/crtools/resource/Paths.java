// SPDX-License-Identifier: Apache-2.0
package org.crtools.resource;

import java.util.Arrays;
import java.util.Optional;
import org.crtools.image.ByteString;
import org.crtools.sys.FileStatus;
import org.crtools.sys.SystemCallException;
import org.crtools.sys.SystemCalls;

/** Whether a path can bring an open file back. */
final class Paths {
    private static final int ROOT = 0;

    private Paths() {}

    /** Another name in the same folder of a file whose name was removed. */
    static Optional<ByteString> otherName(OpenFile file, CaptureContext context) throws RefusedException {
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
        try {
            for (ByteString name :
                    context.calls().names(ByteString.of(folder), file.status().inode())) {
                byte[] path = Arrays.copyOf(folder, folder.length + name.length());
                System.arraycopy(name.toBytes(), 0, path, folder.length, name.length());
                ByteString found = ByteString.of(path);
                if (context.calls().linkStatus(found).isSameFile(file.status())) {
                    return Optional.of(found);
                }
            }
        } catch (SystemCallException failure) {
            throw new RefusedException("file whose name is gone, and whose folder cannot be searched for another one ("
                    + removed + ": " + failure.errno().text() + ")");
        }
        return Optional.empty();
    }

    /** Refuses what belongs to a process in /proc: there is no telling whose it would be after a restore. */
    static void expectOfNoProcess(OpenFile file) throws RefusedException {
        if (file.fileSystem() == FileSystems.PROC && file.link().toString().matches("/proc/\\d+(/.*)?")) {
            throw new RefusedException("file of a process (" + file.link() + ")");
        }
    }

    /** Refuses a file that this user, who must open it again, was let have before its permissions were as they are. */
    static void expectOpens(ByteString path, int flags, CaptureContext context) throws RefusedException {
        SystemCalls calls = context.calls();
        if ((flags & SystemCalls.O_PATH) != 0 || calls.effectiveUser() == ROOT) {
            return;
        }
        try {
            calls.expectOpens(path, flags);
        } catch (SystemCallException failure) {
            throw new RefusedException("file that you may not open again as it is open (" + path + ": "
                    + failure.errno().text() + "); change its permissions, or let root dump and restore it");
        }
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
        expectOpens(file.link(), file.info().flags(), context);
    }
}
