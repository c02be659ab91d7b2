// SPDX-License-Identifier: Apache-2.0
package org.crtools.image;

/** Byte offsets of the fields of {@code struct crt_stage} in crtools_format.h, under the same names. */
public final class StageDescriptor {
    public static final int GO_FD = 0;
    public static final int COUNT = 4;
    public static final int BYTES = 8;

    private StageDescriptor() {}
}
