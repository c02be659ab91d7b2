// SPDX-License-Identifier: Apache-2.0
package org.crtools.image;

/** Byte offsets of the fields of {@code struct crt_op} in crtools_format.h, under the same names. */
public final class OpDescriptor {
    public static final int CODE = 0;
    public static final int FLAGS = 2;
    public static final int NR = 4;
    public static final int SLOT = 8;
    public static final int LABEL = 12;
    public static final int SKIP = 16;
    public static final int PHASE = 20;
    public static final int EXIT_CODE = 22;
    public static final int THREAD = 24;
    public static final int RESERVED = 28;
    public static final int ARGS = 32;
    public static final int BYTES = 128;

    private OpDescriptor() {}
}
