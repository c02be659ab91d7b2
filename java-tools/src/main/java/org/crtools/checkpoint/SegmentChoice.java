// SPDX-License-Identifier: Apache-2.0
package org.crtools.checkpoint;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.crtools.capture.AnonymousPages;
import org.crtools.image.Format;
import org.crtools.image.Image;
import org.crtools.image.Segment;
import org.crtools.image.Vma;
import org.crtools.model.LiveProcess;
import org.crtools.model.SharedMapping;
import org.crtools.sys.SystemCallException;
import org.crtools.sys.SystemCalls;

/**
 * Which page data of a dump go into a core image: all, but for mappings of objects that are saved once for all
 * processes. Of a private mapping of such an object there are the pages that the process wrote.
 */
final class SegmentChoice {
    private final SystemCalls calls;
    private final int pid;
    private final Map<Long, SharedMapping> mappings = new HashMap<>();
    private final List<Segment> source = new ArrayList<>();
    private final List<Segment> wanted = new ArrayList<>();

    SegmentChoice(SystemCalls calls, LiveProcess process) {
        this.calls = calls;
        this.pid = process.pid();
        process.sharedMappings().forEach(mapping -> mappings.put(mapping.start(), mapping));
    }

    /** The chosen data as they stand in the dump; one for each of {@link #wanted} that has data. */
    List<Segment> source() {
        return source;
    }

    /** All segments of the core image, their offsets of no meaning yet. */
    List<Segment> wanted() {
        return wanted;
    }

    void choose(Image image) throws SystemCallException {
        List<Vma> vmas = image.vmas().orElseThrow().vmas();
        List<Segment> segments = image.segments();
        int at = 0;
        for (int i = 0; i < segments.size(); i++) {
            while (!vmas.get(at).contains(segments.get(i).address())) {
                at++;
            }
            Vma vma = vmas.get(at);
            SharedMapping mapping = mappings.get(vma.start());
            if (mapping == null) {
                add(segments.get(i));
                continue;
            }
            int end = i;
            while (end < segments.size() && vma.contains(segments.get(end).address())) {
                end++;
            }
            addShared(vma, mapping, segments.subList(i, end));
            i = end - 1;
        }
    }

    private void add(Segment segment) {
        wanted.add(segment);
        if (segment.fileSize() != 0) {
            source.add(segment);
        }
    }

    private void addShared(Vma vma, SharedMapping mapping, List<Segment> segments) throws SystemCallException {
        int before = source.size();
        if (mapping.copyOnWrite()) {
            BitSet written = AnonymousPages.in(calls, pid, vma.start(), vma.end());
            for (Segment segment : segments) {
                addWritten(vma, segment, written);
            }
        }
        if (source.size() == before) {
            wanted.add(
                    new Segment(vma.start(), vma.size(), 0, 0, segments.get(0).flags()));
        }
    }

    private void addWritten(Vma vma, Segment segment, BitSet written) {
        int first = page(segment.address() - vma.start());
        int last = page(segment.address() + segment.fileSize() - vma.start());
        int from = written.nextSetBit(first);
        while (from >= 0 && from < last) {
            int to = Math.min(last, written.nextClearBit(from));
            long size = (long) (to - from) * Format.CRT_PAGE_SIZE;
            long skipped = (long) (from - first) * Format.CRT_PAGE_SIZE;
            add(new Segment(segment.address() + skipped, size, size, segment.offset() + skipped, segment.flags()));
            from = written.nextSetBit(to);
        }
    }

    private static int page(long bytes) {
        return (int) (bytes / Format.CRT_PAGE_SIZE);
    }
}
