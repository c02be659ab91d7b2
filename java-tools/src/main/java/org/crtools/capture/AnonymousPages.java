// SPDX-License-Identifier: Apache-2.0
package org.crtools.capture;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.BitSet;
import org.crtools.image.Format;
import org.crtools.sys.FileDescriptor;
import org.crtools.sys.SystemCallException;
import org.crtools.sys.SystemCalls;

/** Tells pages that a process has for itself from those of a mapped file (/proc/PID/pagemap, proc(5)). */
public final class AnonymousPages {
    private static final long PRESENT_OR_SWAPPED = 3L << 62;
    private static final long OF_FILE = 1L << 61;
    private static final int PAGES_AT_ONCE = 8192;

    private AnonymousPages() {}

    /** The pages of a range that are not the file's: bit n is page n of it. */
    public static BitSet in(SystemCalls calls, int pid, long start, long end) throws SystemCallException {
        BitSet pages = new BitSet();
        String path = "/proc/" + pid + "/pagemap";
        try (FileDescriptor pagemap = calls.open(path, SystemCalls.O_RDONLY)) {
            long count = (end - start) / Format.CRT_PAGE_SIZE;
            for (long first = 0; first < count; first += PAGES_AT_ONCE) {
                int wanted = (int) Math.min(PAGES_AT_ONCE, count - first);
                long offset = (start / Format.CRT_PAGE_SIZE + first) * Long.BYTES;
                ByteBuffer entries = ByteBuffer.wrap(calls.readAt(pagemap, path, offset, wanted * Long.BYTES))
                        .order(ByteOrder.LITTLE_ENDIAN);
                for (int i = 0; entries.remaining() >= Long.BYTES; i++) {
                    long entry = entries.getLong();
                    if ((entry & PRESENT_OR_SWAPPED) != 0 && (entry & OF_FILE) == 0) {
                        pages.set((int) first + i);
                    }
                }
            }
        }
        return pages;
    }
}
