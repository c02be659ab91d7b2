// SPDX-License-Identifier: Apache-2.0
package org.crtools.image;

/** Byte offsets of the fields of {@code struct crt_program} in crtools_format.h, under the same names. */
public final class ProgramDescriptor {
    public static final int NOTE = 0;
    public static final int NR_OPS = 8;
    public static final int NR_SLOTS = 12;
    public static final int DATA_SIZE = 16;
    public static final int REPORT_FD = 20;
    public static final int BYTES = 24;

    private ProgramDescriptor() {}
}
