// SPDX-License-Identifier: Apache-2.0
package org.crtools.image;

/** Byte offsets of the fields of {@code struct crt_posix_timer} in crtools_format.h, under the same names. */
public final class PosixTimerDescriptor {
    public static final int ID = 0;
    public static final int CLOCK = 4;
    public static final int NOTIFY = 8;
    public static final int SIGNO = 12;
    public static final int VALUE = 16;
    public static final int TID = 24;
    public static final int OVERRUN = 28;
    public static final int VALUE_NS = 32;
    public static final int INTERVAL_NS = 40;
    public static final int BYTES = 48;

    private PosixTimerDescriptor() {}
}
