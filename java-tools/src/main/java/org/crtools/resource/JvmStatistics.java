// SPDX-License-Identifier: Apache-2.0
package org.crtools.resource;

import java.io.IOException;
import java.util.regex.Pattern;
import org.crtools.image.ByteString;
import org.crtools.sys.FileStatus;

/**
 * The file that a JVM maps to publish its counters. It has a name, but one that the first JVM to start after the process
 * has ended removes (os/posix/perfMemory_posix.cpp of OpenJDK), and each JVM has its own. So it is saved as memory
 * without a name: a restore needs no such file, and two do not count in the same one.
 */
public final class JvmStatistics {
    private static final Pattern PATH = Pattern.compile("(/.*)?/tmp/hsperfdata_[^/]+/\\d+");

    private JvmStatistics() {}

    /** Whether a mapped file, as /proc calls it, is one. It is always in /tmp, of the root folder that the JVM has. */
    public static boolean isAt(ByteString path) {
        return PATH.matcher(path.toString()).matches();
    }

    static int object(String place, String source, ByteString path, FileStatus status, CaptureContext context)
            throws IOException {
        // Up to the folder of the user's JVMs; it tells people what the memory is.
        String text = path.toString();
        ByteString name = ByteString.of(text.substring(text.lastIndexOf("/hsperfdata_") + 1));
        return context.object(
                status,
                number -> MemoryFile.unsealable(
                        number, place, source, name, status.mode(), status.uid(), status.gid(), status.size()));
    }
}
