// SPDX-License-Identifier: Apache-2.0
package org.crtools.resource;

import org.crtools.image.ByteString;
import org.crtools.sys.FdInfo;
import org.crtools.sys.FileStatus;

/**
 * A descriptor of a frozen process, as /proc tells it.
 *
 * @param link where /proc/PID/fd/FD leads
 * @param fileSystem f_type of statfs(2)
 */
public record OpenFile(int pid, int number, ByteString link, FileStatus status, FdInfo info, long fileSystem) {
    private static final String DELETED = " (deleted)";

    /** "pid 812 fd 7" */
    public String place() {
        return "pid " + pid + " fd " + number;
    }

    /** A path that leads to the open file itself while the process has it. */
    public String source() {
        return "/proc/" + pid + "/fd/" + number;
    }

    public boolean hasFlag(int flag) {
        return (info.flags() & flag) != 0;
    }

    public boolean isDeleted() {
        return status.links() == 0;
    }

    /** The link without what the kernel appends for a deleted file. */
    public ByteString path() {
        return isDeleted() ? withoutDeleted(link) : link;
    }

    static ByteString withoutDeleted(ByteString link) {
        byte[] bytes = link.toBytes();
        String end = new String(
                bytes,
                Math.max(0, bytes.length - DELETED.length()),
                Math.min(bytes.length, DELETED.length()),
                java.nio.charset.StandardCharsets.ISO_8859_1);
        return end.equals(DELETED)
                ? ByteString.of(java.util.Arrays.copyOf(bytes, bytes.length - DELETED.length()))
                : link;
    }

    /** Whether the link, taken as text, begins so. */
    public boolean linkStarts(String text) {
        return link.toString().startsWith(text);
    }
}
