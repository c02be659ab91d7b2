// SPDX-License-Identifier: Apache-2.0
package org.crtools.image;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is written is what is read. */
class RoundTripTest {
    @TempDir
    Path folder;

    @Test
    void coreImage() throws Exception {
        Path file = folder.resolve("core-812.img");
        Samples.writeCore(file);
        Image image = ImageReader.read(file);
        assertEquals(
                Samples.header(2)
                        .withMeta(image.header().metaSize(), image.header().metaCrc()),
                image.header());
        assertFalse(image.isTree());
        assertEquals(Optional.of(Samples.mm()), image.mm());
        assertEquals(Optional.of(Samples.vmas()), image.vmas());
        assertEquals(Optional.of(Samples.signals()), image.signals());
        assertEquals(Optional.of(Samples.timers()), image.timers());
        assertEquals(List.of(Samples.thread(812), Samples.thread(813)), image.threads());
        assertEquals(Optional.of(Samples.program()), image.program());
        assertEquals(Optional.of(ByteString.of("{\"fds\": []}")), image.model());
        assertEquals(ImageLayout.place(Samples.segments(), image.header().metaSize()), image.segments());
        assertEquals(Files.size(file), image.fileSize());
        try (FileChannel channel = FileChannel.open(file)) {
            assertTrue(ImageReader.verify(channel, image));
        }
    }

    @Test
    void treeImage() throws Exception {
        Path file = folder.resolve("tree.img");
        try (FileChannel channel = Samples.open(file)) {
            ImageWriter.write(channel, Samples.tree());
        }
        Image image = ImageReader.read(file);
        assertTrue(image.isTree());
        assertEquals(Optional.of(Samples.program()), image.program());
        assertEquals(List.of(), image.threads());
        assertEquals(Optional.empty(), image.mm());
        try (FileChannel channel = FileChannel.open(file)) {
            assertFalse(ImageReader.verify(channel, image));
        }
    }

    @Test
    void registersAreThoseOfUserRegsStruct() {
        Registers registers = Samples.thread(1).registers();
        assertEquals(1, registers.r15());
        assertEquals(-516, registers.rax());
        assertEquals(12, registers.rcx());
        assertEquals(230, registers.origRax());
        assertEquals(Samples.CODE + 17, registers.rip());
        assertEquals(0x202, registers.eflags());
        assertEquals(Samples.STACK + 20, registers.rsp());
        assertEquals(Samples.HEAP + 22, registers.fsBase());
        assertEquals(0, registers.gs());
    }

    /** What dump does: other metadata, a mapping on another base, its pages left out, all else byte for byte. */
    @Test
    void changedCopy() throws Exception {
        Path dumpFile = folder.resolve("dump");
        Samples.writeCore(dumpFile);
        Path copyFile = folder.resolve("copy");
        long room = 10 * Samples.PAGE;
        try (FileChannel dump = FileChannel.open(dumpFile);
                FileChannel copy = Samples.open(copyFile)) {
            Image image = ImageReader.read(dump);
            List<Segment> kept = List.of(
                    image.segments().get(0),
                    image.segments().get(2),
                    image.segments().get(3));
            List<Segment> placed = ImageLayout.place(kept, room);
            PageData.copy(dump, kept, copy, placed);
            VmaTable table = image.vmas().orElseThrow();
            List<Vma> vmas = new ArrayList<>(table.vmas());
            vmas.set(2, vmas.get(2).fromDescriptor(77, 2 * Samples.PAGE));
            Image changed = new ImageBuilder(image)
                    .vmas(new VmaTable(vmas, table.files()))
                    .segments(placed)
                    .checksum(PageData.checksum(copy, placed))
                    .build();
            ImageWriter.writeMetadata(copy, changed, room);

            Image read = ImageReader.read(copy);
            assertTrue(ImageReader.verify(copy, read));
            assertEquals(room, read.header().metaSize());
            assertEquals(77, read.vmas().orElseThrow().vmas().get(2).fd());
            assertEquals(image.threads(), read.threads());
            assertEquals(image.notes().size(), read.notes().size());
            assertEquals(image.notes().get(0), read.notes().get(0));
            assertEquals(Samples.random(2 * Samples.PAGE, (int) kept.get(1).address()), bytesOf(copy, placed.get(1)));
            assertEquals(Samples.random(Samples.PAGE, (int) kept.get(2).address()), bytesOf(copy, placed.get(2)));
        }
    }

    private static ByteString bytesOf(FileChannel channel, Segment segment) throws IOException {
        java.nio.ByteBuffer buffer = java.nio.ByteBuffer.allocate((int) segment.fileSize());
        channel.read(buffer, segment.offset());
        return ByteString.of(buffer.array());
    }

    @Test
    void roomTooSmall() throws Exception {
        Image image = Samples.core(0x10000).build();
        long needed = ImageLayout.metaSize(image);
        assertEquals(needed, ImageWriter.metadata(image, needed).limit());
        assertThrows(ImageTooBig.class, () -> ImageWriter.metadata(image, needed - Samples.PAGE));
    }
}
