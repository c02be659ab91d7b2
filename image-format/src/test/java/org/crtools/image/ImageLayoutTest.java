// SPDX-License-Identifier: Apache-2.0
package org.crtools.image;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Where page data stand, and images with more segments than e_phnum can tell. */
class ImageLayoutTest {
    private static final int PAGE = Samples.PAGE;
    private static final long HUGE = Format.CRT_HUGE_RUN;

    @TempDir
    Path folder;

    @Test
    void smallRunsArePackedAndLargeOnesAligned() {
        List<Segment> segments = List.of(
                new Segment(0x10000, 3 * PAGE, 3 * PAGE, -1, 6),
                new Segment(0x20000, 9 * PAGE, 0, -1, 6),
                new Segment(0x40000, PAGE, PAGE, -1, 6),
                new Segment(0x7f00_0012_3000L, HUGE, HUGE, -1, 6),
                new Segment(0x7f00_1012_3000L, HUGE - PAGE, HUGE - PAGE, -1, 6));
        List<Segment> placed = ImageLayout.place(segments, 2 * PAGE);
        assertEquals(2 * PAGE, placed.get(0).offset());
        assertEquals(5 * PAGE, placed.get(1).offset());
        assertEquals(5 * PAGE, placed.get(2).offset());
        assertEquals(0x123000, placed.get(3).offset());
        assertEquals(0x123000 + HUGE, placed.get(4).offset());
        assertEquals(0x123000 + 2 * HUGE - PAGE, ImageLayout.end(placed, 2 * PAGE));
        assertEquals(placed, ImageLayout.place(placed, 2 * PAGE));
    }

    @Test
    void largeRunIsNotMovedWhenItFits() {
        List<Segment> placed = ImageLayout.place(List.of(new Segment(0x5000, HUGE, HUGE, 0, 6)), 5 * PAGE);
        assertEquals(5 * PAGE, placed.get(0).offset());
    }

    @Test
    void metadataAreWholePages() {
        assertThrows(IllegalArgumentException.class, () -> ImageLayout.place(List.of(), 100));
        assertEquals(0, ImageLayout.roundUp(0));
        assertEquals(PAGE, ImageLayout.roundUp(1));
        assertEquals(PAGE, ImageLayout.roundUp(PAGE));
    }

    @Test
    void imagesAreRefusedWhenALargeRunIsMisplaced() throws Exception {
        long start = 0x7f00_0012_3000L;
        Image image = sparse(List.of(new Segment(start, HUGE, HUGE, 0x10_0000, 6)), start, start + HUGE);
        assertThrows(CorruptImage.class, () -> writeAndRead(image, 0x10_0000));
    }

    /** Below, at and above the number from which PN_XNUM takes over, and many. */
    @Test
    void manySegments() throws Exception {
        for (int count : new int[] {0xfffd, 0xfffe, 0xffff, 200_000}) {
            List<Segment> segments = new ArrayList<>(count);
            for (int i = 0; i < count; i++) {
                segments.add(new Segment(Samples.HEAP + 2L * i * PAGE, PAGE, i % 2 * PAGE, 0, 6));
            }
            long metaSize = ImageLayout.metaSize(sparse(segments, Samples.HEAP, Samples.HEAP + 2L * count * PAGE));
            List<Segment> placed = ImageLayout.place(segments, metaSize);
            Image image = sparse(placed, Samples.HEAP, Samples.HEAP + 2L * count * PAGE);
            assertEquals(placed, writeAndRead(image, metaSize).segments());
        }
    }

    private static Image sparse(List<Segment> segments, long start, long end) throws ImageException {
        int writable = Format.CRT_VMA_READ | Format.CRT_VMA_WRITE;
        Vma vma = new Vma(start, end, 0, writable, Base.ANON, Format.CRT_NO_FILE, -1, ByteString.EMPTY);
        MappedFile program = Samples.vmas().files().get(0);
        return Samples.core(PAGE)
                .vmas(new VmaTable(List.of(vma), List.of(program)))
                .segments(segments)
                .build();
    }

    private Image writeAndRead(Image image, long metaSize) throws IOException, ImageException {
        Path file = folder.resolve("image");
        try (FileChannel channel = Samples.open(file)) {
            ImageWriter.writeMetadata(channel, image, metaSize);
            channel.write(ByteBuffer.allocate(1), ImageLayout.end(image.segments(), metaSize) - 1);
        }
        return ImageReader.read(file);
    }
}
