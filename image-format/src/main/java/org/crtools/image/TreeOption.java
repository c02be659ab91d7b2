// SPDX-License-Identifier: Apache-2.0
package org.crtools.image;

/** Options that a tree image takes on its command line. {@code enum crt_option} in crtools_format.h. */
public enum TreeOption {
    DETACH(1),
    NEW_PIDS(2),
    NEW_PIDNS(3),
    LEAVE_STOPPED(4);

    private static final TreeOption[] VALUES = values();

    private final int value;

    TreeOption(int value) {
        this.value = value;
    }

    /** The number in the image. */
    public int value() {
        return value;
    }

    static TreeOption of(int value) throws CorruptImage {
        for (TreeOption candidate : VALUES) {
            if (candidate.value == value) {
                return candidate;
            }
        }
        throw new CorruptImage("unknown crt_option " + Integer.toUnsignedString(value));
    }
}
