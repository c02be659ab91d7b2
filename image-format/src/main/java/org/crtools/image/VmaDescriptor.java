// SPDX-License-Identifier: Apache-2.0
package org.crtools.image;

/** Byte offsets of the fields of {@code struct crt_vma} in crtools_format.h, under the same names. */
public final class VmaDescriptor {
    public static final int START = 0;
    public static final int END = 8;
    public static final int OFFSET = 16;
    public static final int FLAGS = 24;
    public static final int BASE = 28;
    public static final int FILE = 32;
    public static final int FD = 36;
    public static final int NAME_OFF = 40;
    public static final int NAME_LEN = 44;
    public static final int BYTES = 48;

    private VmaDescriptor() {}
}
