// SPDX-License-Identifier: Apache-2.0
package org.crtools.image;

/** What a process being restored tells the supervisor. {@code enum crt_report_kind} in crtools_format.h. */
public enum ReportKind {
    BORN(1),
    DONE(2),
    FAILED(3),
    WARNING(4);

    private static final ReportKind[] VALUES = values();

    private final int value;

    ReportKind(int value) {
        this.value = value;
    }

    /** The number in the image. */
    public int value() {
        return value;
    }

    static ReportKind of(int value) throws CorruptImage {
        for (ReportKind candidate : VALUES) {
            if (candidate.value == value) {
                return candidate;
            }
        }
        throw new CorruptImage("unknown crt_report_kind " + Integer.toUnsignedString(value));
    }
}
