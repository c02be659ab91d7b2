// SPDX-License-Identifier: Apache-2.0
package org.crtools.image;

/**
 * {@code struct crt_file}: a file that is mapped, or the program itself.
 *
 * @param size bytes
 * @param mtimeNs time of last change, nanoseconds
 * @param mode st_mode
 * @param flags {@code CRT_FILE_*}
 * @param path any bytes but NUL, at most 4095
 * @param buildId 0 to 20 bytes
 */
public record MappedFile(
        long ino,
        long size,
        long mtimeNs,
        int devMajor,
        int devMinor,
        int mode,
        int flags,
        ByteString path,
        ByteString buildId) {

    public boolean hasFlag(int flag) {
        return (flags & flag) != 0;
    }
}
