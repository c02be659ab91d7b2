// SPDX-License-Identifier: Apache-2.0
package org.crtools.image;

/** Byte offsets of the fields of {@code struct crt_vmas} in crtools_format.h, under the same names. */
public final class VmasDescriptor {
    public static final int NOTE = 0;
    public static final int NR_VMAS = 8;
    public static final int NR_FILES = 12;
    public static final int STRINGS_SIZE = 16;
    public static final int RESERVED = 20;
    public static final int BYTES = 24;

    private VmasDescriptor() {}
}
