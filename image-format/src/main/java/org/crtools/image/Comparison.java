// SPDX-License-Identifier: Apache-2.0
package org.crtools.image;

/** How EXPECT and SKIP compare their first two operands. {@code enum crt_cmp} in crtools_format.h. */
public enum Comparison {
    EQ(0),
    NE(1),
    LT(2),
    GE(3),
    MEM_EQ(4);

    private static final Comparison[] VALUES = values();

    private final int value;

    Comparison(int value) {
        this.value = value;
    }

    /** The number in the image. */
    public int value() {
        return value;
    }

    static Comparison of(int value) throws CorruptImage {
        for (Comparison candidate : VALUES) {
            if (candidate.value == value) {
                return candidate;
            }
        }
        throw new CorruptImage("unknown crt_cmp " + Integer.toUnsignedString(value));
    }
}
