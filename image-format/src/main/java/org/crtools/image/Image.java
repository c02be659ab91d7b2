// SPDX-License-Identifier: Apache-2.0
package org.crtools.image;

import java.util.List;
import java.util.Optional;

/**
 * An image without its page data: immutable, and valid by construction. {@link ImageReader} reads one, {@link
 * ImageBuilder} makes or changes one, {@link ImageWriter} writes one.
 */
public final class Image {
    private final Header header;
    private final List<Note> notes;
    private final List<Segment> segments;
    private final ParsedNotes parsed;

    /**
     * Parses and checks.
     *
     * @param notes all but CRT_NT_HEADER
     */
    Image(Header header, List<Note> notes, List<Segment> segments) throws ImageException {
        this.header = header;
        this.notes = List.copyOf(notes);
        this.segments = List.copyOf(segments);
        this.parsed = new ParsedNotes(this.notes);
        ImageChecks.check(this);
    }

    public Header header() {
        return header;
    }

    /** All notes but the header's, in the order of the file, those that are opaque to crtools among them. */
    public List<Note> notes() {
        return notes;
    }

    /** The PT_LOADs in the order of the file: by address, and by file offset. */
    public List<Segment> segments() {
        return segments;
    }

    public boolean isTree() {
        return header.isTree();
    }

    /** None in a tree image. */
    public Optional<Mm> mm() {
        return Optional.ofNullable(parsed.mm);
    }

    /** None in a tree image. */
    public Optional<VmaTable> vmas() {
        return Optional.ofNullable(parsed.vmas);
    }

    /** None in a tree image. */
    public Optional<Signals> signals() {
        return Optional.ofNullable(parsed.signals);
    }

    /** None in a tree image. */
    public Optional<Timers> timers() {
        return Optional.ofNullable(parsed.timers);
    }

    /** The leader first; none in a tree image. */
    public List<ThreadRecord> threads() {
        return parsed.threads;
    }

    /** A plain copy of a dump file has none. */
    public Optional<Program> program() {
        return Optional.ofNullable(parsed.program);
    }

    /** UTF-8 JSON; a plain copy of a dump file has none. */
    public Optional<ByteString> model() {
        return Optional.ofNullable(parsed.model);
    }

    /** A plain copy of a dump file has none. */
    public Optional<Checksum> checksum() {
        return Optional.ofNullable(parsed.checksum);
    }

    /** Offset of the first byte behind the image; 0 for one that was built and has no place in a file yet. */
    public long fileSize() {
        return ImageLayout.end(segments, header.metaSize());
    }
}
