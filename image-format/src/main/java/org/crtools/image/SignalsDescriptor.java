// SPDX-License-Identifier: Apache-2.0
package org.crtools.image;

/** Byte offsets of the fields of {@code struct crt_signals} in crtools_format.h, under the same names. */
public final class SignalsDescriptor {
    public static final int NOTE = 0;
    public static final int NR_PENDING = 8;
    public static final int RESERVED = 12;
    public static final int ACTIONS = 16;
    public static final int BYTES = 2064;

    private SignalsDescriptor() {}
}
