// SPDX-License-Identifier: Apache-2.0
package org.crtools;

/** What the crtools command exits with: {@code CRT_EXIT_*} in crtools_format.h. */
public enum ExitCode {
    OK(0),
    FAILED(1),
    USAGE(2),
    UNSUPPORTED(3),
    PERMISSION(4),
    CORRUPT(5),
    HOST(6),
    NO_MODULE(7),
    NO_PROCESS(8),
    CHANGED(9),
    PID_TAKEN(10),
    NO_SPACE(11);

    private final int value;

    ExitCode(int value) {
        this.value = value;
    }

    /** The number that the shell sees. */
    public int value() {
        return value;
    }
}
