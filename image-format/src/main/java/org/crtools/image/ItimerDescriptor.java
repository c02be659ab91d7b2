// SPDX-License-Identifier: Apache-2.0
package org.crtools.image;

/** Byte offsets of the fields of {@code struct crt_itimer} in crtools_format.h, under the same names. */
public final class ItimerDescriptor {
    public static final int VALUE_NS = 0;
    public static final int INTERVAL_NS = 8;
    public static final int BYTES = 16;

    private ItimerDescriptor() {}
}
