// SPDX-License-Identifier: Apache-2.0
package org.crtools.image;

/** When an operation runs, and by which thread. {@code enum crt_phase} in crtools_format.h. */
public enum Phase {
    PROCESS(0),
    THREAD(1),
    COMMIT(2);

    private static final Phase[] VALUES = values();

    private final int value;

    Phase(int value) {
        this.value = value;
    }

    /** The number in the image. */
    public int value() {
        return value;
    }

    static Phase of(int value) throws CorruptImage {
        for (Phase candidate : VALUES) {
            if (candidate.value == value) {
                return candidate;
            }
        }
        throw new CorruptImage("unknown crt_phase " + Integer.toUnsignedString(value));
    }
}
