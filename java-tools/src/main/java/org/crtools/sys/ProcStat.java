// SPDX-License-Identifier: Apache-2.0
package org.crtools.sys;

import java.nio.charset.StandardCharsets;
import org.crtools.image.ByteString;

/**
 * /proc/PID/stat (proc(5)).
 *
 * @param state R, S, D, T, t, Z, X …
 * @param terminal device number of the controlling terminal, 0 when there is none
 * @param foregroundGroup process group in the foreground of that terminal, -1 when there is none
 * @param exitSignal what the parent gets at its end: SIGCHLD, unless clone(2) was asked for another
 * @param startTime clock ticks after boot; with the pid it names a process for good
 * @param exitStatus of a zombie, as wait(2) gives it; 0 for who may not see it
 */
public record ProcStat(
        int pid,
        ByteString name,
        char state,
        int parent,
        int processGroup,
        int session,
        int terminal,
        int foregroundGroup,
        int exitSignal,
        long startTime,
        int exitStatus) {

    private static final int EXIT_CODE_FIELD = 52;
    private static final int FIRST_FIELD_BEHIND_NAME = 3;

    static ProcStat parse(byte[] bytes) {
        int open = 0;
        while (bytes[open] != '(') {
            open++;
        }
        int close = bytes.length - 1;
        while (bytes[close] != ')') {
            close--;
        }
        byte[] name = new byte[close - open - 1];
        System.arraycopy(bytes, open + 1, name, 0, name.length);
        String pid = new String(bytes, 0, open, StandardCharsets.US_ASCII).trim();
        String[] rest = new String(bytes, close + 2, bytes.length - close - 2, StandardCharsets.US_ASCII)
                .trim()
                .split(" ");
        return new ProcStat(
                Integer.parseInt(pid),
                ByteString.of(name),
                rest[0].charAt(0),
                Integer.parseInt(rest[1]),
                Integer.parseInt(rest[2]),
                Integer.parseInt(rest[3]),
                Integer.parseInt(rest[4]),
                Integer.parseInt(rest[5]),
                Integer.parseInt(rest[38 - FIRST_FIELD_BEHIND_NAME]),
                Long.parseLong(rest[22 - FIRST_FIELD_BEHIND_NAME]),
                Integer.parseInt(rest[EXIT_CODE_FIELD - FIRST_FIELD_BEHIND_NAME]));
    }

    public boolean isZombie() {
        return state == 'Z' || state == 'X';
    }
}
