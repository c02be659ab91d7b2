// SPDX-License-Identifier: Apache-2.0
package org.crtools.image;

/** The interrupted call that restart_syscall(2) would continue. {@code enum crt_restart} in crtools_format.h. */
public enum RestartKind {
    NONE(0),
    NANOSLEEP(1),
    ALARM_NANOSLEEP(2),
    CPU_NANOSLEEP(3),
    FUTEX(4),
    POLL(5);

    private static final RestartKind[] VALUES = values();

    private final int value;

    RestartKind(int value) {
        this.value = value;
    }

    /** The number in the image. */
    public int value() {
        return value;
    }

    static RestartKind of(int value) throws CorruptImage {
        for (RestartKind candidate : VALUES) {
            if (candidate.value == value) {
                return candidate;
            }
        }
        throw new CorruptImage("unknown crt_restart " + Integer.toUnsignedString(value));
    }
}
