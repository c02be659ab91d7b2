// SPDX-License-Identifier: Apache-2.0
package org.crtools.sys;

import java.util.ArrayList;
import java.util.List;

/**
 * /proc/PID/fdinfo/FD.
 *
 * @param position file offset in bytes
 * @param flags as open(2) takes them, O_CLOEXEC told for this descriptor
 * @param locks the lines that tell locks
 */
public record FdInfo(long position, int flags, List<String> locks) {
    static FdInfo parse(String text) {
        long position = 0;
        int flags = 0;
        List<String> locks = new ArrayList<>();
        for (String line : text.split("\n")) {
            int colon = line.indexOf(':');
            String value = colon < 0 ? "" : line.substring(colon + 1).trim();
            if (line.startsWith("pos:")) {
                position = Long.parseLong(value);
            } else if (line.startsWith("flags:")) {
                flags = Integer.parseInt(value, 8);
            } else if (line.startsWith("lock:")) {
                locks.add(value);
            }
        }
        return new FdInfo(position, flags, List.copyOf(locks));
    }

    public int accessMode() {
        return flags & SystemCalls.O_ACCMODE;
    }

    public boolean closesOnExec() {
        return (flags & SystemCalls.O_CLOEXEC) != 0;
    }
}
