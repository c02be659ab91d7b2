// SPDX-License-Identifier: Apache-2.0
package org.crtools.image;

/** Byte offsets of the fields of {@code struct crt_arg} in crtools_format.h, under the same names. */
public final class ArgDescriptor {
    public static final int TYPE = 0;
    public static final int RESERVED = 4;
    public static final int VALUE = 8;
    public static final int BYTES = 16;

    private ArgDescriptor() {}
}
