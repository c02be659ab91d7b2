// SPDX-License-Identifier: Apache-2.0
package org.crtools.sys;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import org.crtools.image.ByteString;

/**
 * A line of /proc/PID/maps.
 *
 * @param permissions as printed: rwxp or rwxs with '-' for what is missing
 * @param device of the file, major and minor number in hexadecimal as printed
 * @param path what is mapped, empty for plain anonymous memory
 */
public record ProcMap(
        long start, long end, String permissions, long offset, String device, long inode, ByteString path) {

    static ProcMap parse(byte[] line) {
        int[] ends = new int[5];
        int position = 0;
        for (int field = 0; field < ends.length; field++) {
            while (position < line.length && line[position] != ' ') {
                position++;
            }
            ends[field] = position;
            position++;
        }
        while (position < line.length && line[position] == ' ') {
            position++;
        }
        String[] fields = new String(line, 0, ends[4], StandardCharsets.US_ASCII).split(" ");
        int dash = fields[0].indexOf('-');
        return new ProcMap(
                Long.parseUnsignedLong(fields[0].substring(0, dash), 16),
                Long.parseUnsignedLong(fields[0].substring(dash + 1), 16),
                fields[1],
                Long.parseUnsignedLong(fields[2], 16),
                fields[3],
                Long.parseUnsignedLong(fields[4]),
                unescape(line, Math.min(position, line.length)));
    }

    public boolean isShared() {
        return permissions.charAt(3) == 's';
    }

    /** The kernel writes a newline in a path as \012. */
    private static ByteString unescape(byte[] line, int from) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        for (int i = from; i < line.length; i++) {
            if (line[i] == '\\'
                    && i + 3 < line.length
                    && line[i + 1] == '0'
                    && line[i + 2] == '1'
                    && line[i + 3] == '2') {
                out.write('\n');
                i += 3;
            } else {
                out.write(line[i]);
            }
        }
        return ByteString.of(out.toByteArray());
    }
}
