// SPDX-License-Identifier: Apache-2.0
package org.crtools.image;

/** Byte offsets of the fields of {@code struct crt_checksum} in crtools_format.h, under the same names. */
public final class ChecksumDescriptor {
    public static final int NOTE = 0;
    public static final int NR = 8;
    public static final int RESERVED = 12;
    public static final int BYTES = 16;

    private ChecksumDescriptor() {}
}
