// SPDX-License-Identifier: Apache-2.0
package org.crtools.resource;

import java.io.IOException;
import org.crtools.image.ByteString;
import org.crtools.sys.FileStatus;

/** Recognises what a shared mapping is of, when no path leads to it. */
public final class MappedObjects {
    private MappedObjects() {}

    /**
     * The index of the object.
     *
     * @param place "pid 812 7f0012340000"
     * @param source a path that opens the mapped file
     * @param link what that path leads to
     */
    public static int recognise(String place, String source, ByteString link, FileStatus status, CaptureContext context)
            throws IOException, RefusedException {
        String text = link.toString();
        if (text.startsWith("/SYSV")) {
            throw new RefusedException("sysv_shm");
        }
        if (text.startsWith(MemoryFile.PREFIX)) {
            return MemoryFile.object(place, source, link, status, context);
        }
        if (text.equals(AnonymousMemory.LINK)) {
            return AnonymousMemory.object(place, source, status, context);
        }
        if (JvmStatistics.isAt(link)) {
            return JvmStatistics.object(place, source, link, status, context);
        }
        if (status.links() != 0) {
            throw new RefusedException("mapped file that its path does not lead to (" + link + ")");
        }
        return UnlinkedFile.object(place, source, link, status, false, context);
    }
}
