// SPDX-License-Identifier: Apache-2.0
package org.crtools.image;

/**
 * {@code struct crt_vma}: one mapping.
 *
 * @param start first address, page aligned
 * @param end first address behind it, page aligned
 * @param offset bytes into the file, page aligned
 * @param flags {@code CRT_VMA_*}
 * @param file index into the file table or {@code CRT_NO_FILE}
 * @param fd descriptor that the caller of execve left open, for {@link Base#FD}; else -1
 * @param name what prctl(PR_SET_VMA) gave it, empty for none
 */
public record Vma(long start, long end, long offset, int flags, Base base, int file, int fd, ByteString name) {

    /** Bytes. */
    public long size() {
        return end - start;
    }

    public boolean hasFlag(int flag) {
        return (flags & flag) != 0;
    }

    public boolean isShared() {
        return hasFlag(Format.CRT_VMA_SHARED);
    }

    public boolean contains(long address) {
        return Long.compareUnsigned(address, start) >= 0 && Long.compareUnsigned(address, end) < 0;
    }

    /** The same mapping, its pages taken from an inherited descriptor, from {@code newOffset} on. */
    public Vma fromDescriptor(int newFd, long newOffset) {
        return new Vma(start, end, newOffset, flags, Base.FD, file, newFd, name);
    }

    /** The same mapping on another base that needs no descriptor. */
    public Vma withBase(Base newBase) {
        return new Vma(start, end, offset, flags, newBase, file, -1, name);
    }
}
