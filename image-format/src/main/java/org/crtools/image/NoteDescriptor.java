// SPDX-License-Identifier: Apache-2.0
package org.crtools.image;

/** Byte offsets of the fields of {@code struct crt_note} in crtools_format.h, under the same names. */
public final class NoteDescriptor {
    public static final int VERSION = 0;
    public static final int FLAGS = 2;
    public static final int SIZE = 4;
    public static final int BYTES = 8;

    private NoteDescriptor() {}
}
