// SPDX-License-Identifier: Apache-2.0
package org.crtools.sys;

import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** /proc/PID/status (proc(5)): lines of "Name: value". */
public final class ProcStatus {
    private final Map<String, String> lines;

    private ProcStatus(Map<String, String> lines) {
        this.lines = lines;
    }

    static ProcStatus parse(String text) {
        Map<String, String> lines = new HashMap<>();
        for (String line : text.split("\n")) {
            int colon = line.indexOf(':');
            if (colon > 0) {
                lines.put(line.substring(0, colon), line.substring(colon + 1).trim());
            }
        }
        return new ProcStatus(lines);
    }

    /** A number; 0 when the kernel does not tell it. */
    public int number(String name) {
        return Integer.parseInt(lines.getOrDefault(name, "0"));
    }

    public int octal(String name) {
        return Integer.parseInt(lines.getOrDefault(name, "0"), 8);
    }

    /** A mask printed in hexadecimal. */
    public long mask(String name) {
        return Long.parseUnsignedLong(lines.getOrDefault(name, "0"), 16);
    }

    /** Numbers parted by blanks, unsigned. */
    public List<Integer> numbers(String name) {
        String value = lines.getOrDefault(name, "");
        return value.isEmpty()
                ? List.of()
                : Arrays.stream(value.split("\\s+"))
                        .map(Integer::parseUnsignedInt)
                        .toList();
    }
}
