// SPDX-License-Identifier: Apache-2.0
package org.crtools.image;

/** Byte offsets of the fields of {@code struct crt_report} in crtools_format.h, under the same names. */
public final class ReportDescriptor {
    public static final int KIND = 0;
    public static final int PID = 4;
    public static final int EXIT_CODE = 8;
    public static final int ERROR = 12;
    public static final int OP = 16;
    public static final int TEXT = 24;
    public static final int BYTES = 256;

    private ReportDescriptor() {}
}
