// SPDX-License-Identifier: Apache-2.0
package org.crtools.image;

/**
 * A PT_LOAD program header.
 *
 * @param address of the first byte, page aligned
 * @param memSize bytes in memory, a multiple of the page size
 * @param fileSize bytes in the file: {@code memSize} for page data, 0 for a mapping of which no page is in the image
 * @param offset in the file, page aligned
 * @param flags PF_R 4, PF_W 2, PF_X 1
 */
public record Segment(long address, long memSize, long fileSize, long offset, int flags) {
    public long end() {
        return address + memSize;
    }

    Segment at(long newOffset) {
        return new Segment(address, memSize, fileSize, newOffset, flags);
    }
}
