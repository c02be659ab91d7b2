// SPDX-License-Identifier: Apache-2.0
package org.crtools.sys;

/**
 * What fstat(2) says of a file.
 *
 * @param allocated bytes that it takes on disk
 */
public record FileStatus(
        long device, long inode, int mode, long links, int uid, int gid, long rawDevice, long size, long allocated) {
    private static final int TYPE = 0170000;

    public boolean isRegular() {
        return (mode & TYPE) == 0100000;
    }

    public boolean isDirectory() {
        return (mode & TYPE) == 0040000;
    }

    public boolean isCharacterDevice() {
        return (mode & TYPE) == 0020000;
    }

    public boolean isBlockDevice() {
        return (mode & TYPE) == 0060000;
    }

    public boolean isPipe() {
        return (mode & TYPE) == 0010000;
    }

    public boolean isSocket() {
        return (mode & TYPE) == 0140000;
    }

    public boolean isSymbolicLink() {
        return (mode & TYPE) == 0120000;
    }

    public int permissions() {
        return mode & 07777;
    }

    /** Major number of the device that this file stands for. */
    public int rawMajor() {
        return (int) ((rawDevice >>> 8) & 0xfff | (rawDevice >>> 32) & ~0xfff);
    }

    public int rawMinor() {
        return (int) (rawDevice & 0xff | (rawDevice >>> 12) & ~0xff);
    }

    public boolean isSameFile(FileStatus other) {
        return device == other.device && inode == other.inode;
    }
}
