// SPDX-License-Identifier: Apache-2.0
package org.crtools.image;

/** Byte offsets of the fields of {@code struct crt_header} in crtools_format.h, under the same names. */
public final class HeaderDescriptor {
    public static final int NOTE = 0;
    public static final int FORMAT_MAJOR = 8;
    public static final int FORMAT_MINOR = 10;
    public static final int FLAGS = 12;
    public static final int META_SIZE = 16;
    public static final int META_CRC = 24;
    public static final int PAGE_SIZE = 28;
    public static final int ID = 32;
    public static final int CREATED_NS = 48;
    public static final int MONOTONIC_NS = 56;
    public static final int BOOTTIME_NS = 64;
    public static final int XFEATURES = 72;
    public static final int XSTATE_SIZE = 80;
    public static final int NR_THREADS = 84;
    public static final int PID = 88;
    public static final int RESERVED = 92;
    public static final int RELEASE = 96;
    public static final int BYTES = 160;

    private HeaderDescriptor() {}
}
