// SPDX-License-Identifier: Apache-2.0
package org.crtools.image;

/** Byte offsets of the fields of {@code struct crt_mm} in crtools_format.h, under the same names. */
public final class MmDescriptor {
    public static final int NOTE = 0;
    public static final int START_CODE = 8;
    public static final int END_CODE = 16;
    public static final int START_DATA = 24;
    public static final int END_DATA = 32;
    public static final int START_BRK = 40;
    public static final int BRK = 48;
    public static final int START_STACK = 56;
    public static final int ARG_START = 64;
    public static final int ARG_END = 72;
    public static final int ENV_START = 80;
    public static final int ENV_END = 88;
    public static final int VDSO_BASE = 96;
    public static final int VDSO_SIZE = 104;
    public static final int VDSO_CODE = 112;
    public static final int VDSO_CRC = 120;
    public static final int EXE = 124;
    public static final int PERSONALITY = 128;
    public static final int DUMPABLE = 132;
    public static final int THP_DISABLE = 136;
    public static final int MEMBARRIER = 140;
    public static final int MLOCK_FUTURE = 144;
    public static final int CHILD_SUBREAPER = 148;
    public static final int MDWE = 152;
    public static final int MEMORY_MERGE = 156;
    public static final int BYTES = 160;

    private MmDescriptor() {}
}
