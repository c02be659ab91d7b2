// SPDX-License-Identifier: Apache-2.0
package org.crtools.image;

/** Byte offsets of the fields of {@code struct crt_sigaction} in crtools_format.h, under the same names. */
public final class SigActionDescriptor {
    public static final int HANDLER = 0;
    public static final int FLAGS = 8;
    public static final int RESTORER = 16;
    public static final int MASK = 24;
    public static final int BYTES = 32;

    private SigActionDescriptor() {}
}
