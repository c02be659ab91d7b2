// SPDX-License-Identifier: Apache-2.0
package org.crtools.image;

/** The kinds of operands of an operation. {@code enum crt_arg_type} in crtools_format.h. */
public enum ArgType {
    NONE(0),
    IMM(1),
    DATA(2),
    SLOT(3),
    SLOT_ADDR(4),
    OPTION(5),
    NR_DIRFD(6);

    private static final ArgType[] VALUES = values();

    private final int value;

    ArgType(int value) {
        this.value = value;
    }

    /** The number in the image. */
    public int value() {
        return value;
    }

    static ArgType of(int value) throws CorruptImage {
        for (ArgType candidate : VALUES) {
            if (candidate.value == value) {
                return candidate;
            }
        }
        throw new CorruptImage("unknown crt_arg_type " + Integer.toUnsignedString(value));
    }
}
