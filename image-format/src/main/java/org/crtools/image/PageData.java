// SPDX-License-Identifier: Apache-2.0
package org.crtools.image;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.util.List;
import java.util.zip.CRC32;

/** The page data of images: copied without passing through Java, and summed up. */
public final class PageData {
    private static final int BUFFER = 1 << 20;

    private PageData() {}

    /**
     * Copies page data from one image into another, where {@code to} holds the same segments in the same order at other
     * offsets. Neighbours that stay neighbours are copied in one go. The position of {@code target} changes.
     *
     * @throws ImageIo when source or target fail; from a dump file ESTALE says that the process ran in between
     */
    public static void copy(FileChannel source, List<Segment> from, FileChannel target, List<Segment> to)
            throws ImageException {
        if (from.size() != to.size()) {
            throw new IllegalArgumentException(from.size() + " segments to be copied to " + to.size());
        }
        try {
            int i = 0;
            while (i < from.size()) {
                long length = from.get(i).fileSize();
                int next = i + 1;
                while (next < from.size()
                        && from.get(next).offset() == from.get(i).offset() + length
                        && to.get(next).offset() == to.get(i).offset() + length) {
                    length += from.get(next).fileSize();
                    next++;
                }
                copy(source, from.get(i).offset(), length, target, to.get(i).offset());
                i = next;
            }
        } catch (IOException e) {
            throw new ImageIo("cannot copy page data", e);
        }
    }

    private static void copy(FileChannel source, long offset, long length, FileChannel target, long targetOffset)
            throws IOException, ImageException {
        target.position(targetOffset);
        long done = 0;
        while (done < length) {
            long count = source.transferTo(offset + done, length - done, target);
            if (count <= 0) {
                throw ImageReader.truncated(offset + done);
            }
            done += count;
        }
    }

    /** Reads all page data and sums it up. */
    public static Checksum checksum(FileChannel channel, List<Segment> segments) throws ImageException {
        int[] crcs = new int[segments.size()];
        long largest = segments.stream().mapToLong(Segment::fileSize).max().orElse(0);
        ByteBuffer buffer = ByteBuffer.allocateDirect((int) Math.min(BUFFER, largest));
        CRC32 crc = new CRC32();
        try {
            for (int i = 0; i < crcs.length; i++) {
                crc.reset();
                long at = segments.get(i).offset();
                long end = at + segments.get(i).fileSize();
                while (at < end) {
                    buffer.clear().limit((int) Math.min(buffer.capacity(), end - at));
                    if (channel.read(buffer, at) < 0) {
                        throw ImageReader.truncated(at);
                    }
                    at += buffer.position();
                    crc.update(buffer.flip());
                }
                crcs[i] = (int) crc.getValue();
            }
        } catch (IOException e) {
            throw new ImageIo("cannot read page data", e);
        }
        return new Checksum(crcs);
    }
}
