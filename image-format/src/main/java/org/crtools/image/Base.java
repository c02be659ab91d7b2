// SPDX-License-Identifier: Apache-2.0
package org.crtools.image;

/** Where the pages of a VMA come from before the page data is laid over them. {@code enum crt_base} in crtools_format.h. */
public enum Base {
    ANON(0),
    SHMEM(1),
    FILE(2),
    FD(3),
    VDSO(4);

    private static final Base[] VALUES = values();

    private final int value;

    Base(int value) {
        this.value = value;
    }

    /** The number in the image. */
    public int value() {
        return value;
    }

    static Base of(int value) throws CorruptImage {
        for (Base candidate : VALUES) {
            if (candidate.value == value) {
                return candidate;
            }
        }
        throw new CorruptImage("unknown crt_base " + Integer.toUnsignedString(value));
    }
}
