// SPDX-License-Identifier: Apache-2.0
package org.crtools.image;

/** Byte offsets of the fields of {@code struct crt_file} in crtools_format.h, under the same names. */
public final class MappedFileDescriptor {
    public static final int INO = 0;
    public static final int SIZE = 8;
    public static final int MTIME_NS = 16;
    public static final int DEV_MAJOR = 24;
    public static final int DEV_MINOR = 28;
    public static final int MODE = 32;
    public static final int FLAGS = 36;
    public static final int PATH_OFF = 40;
    public static final int PATH_LEN = 44;
    public static final int BUILD_ID_LEN = 48;
    public static final int BUILD_ID = 52;
    public static final int BYTES = 72;

    private MappedFileDescriptor() {}
}
