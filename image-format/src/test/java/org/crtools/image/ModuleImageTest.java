// SPDX-License-Identifier: Apache-2.0
package org.crtools.image;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** An image that the module made of src/test/c/sample.c on a 6.12 kernel. */
class ModuleImageTest {
    private static final int SIGUSR1 = 10;
    private static final int SIGUSR2 = 12;

    @TempDir
    Path folder;

    private Path file;

    @BeforeEach
    void unpack() throws Exception {
        file = folder.resolve("core.img");
        try (InputStream in = new GZIPInputStream(ModuleImageTest.class.getResourceAsStream("core-6.12.img.gz"))) {
            Files.copy(in, file);
        }
    }

    @Test
    void holdsTheProcess() throws Exception {
        Image image = ImageReader.read(file);
        assertEquals(Files.size(file), image.fileSize());
        assertTrue(image.header().release().startsWith("6.12."));

        List<ThreadRecord> threads = image.threads();
        assertEquals(2, threads.size());
        ThreadState leader = threads.get(0).state();
        assertEquals(image.header().pid(), leader.tid());
        assertEquals(1L << SIGUSR2 - 1, leader.sigmask());
        assertEquals(1, leader.pending().size());
        assertEquals(SIGUSR2, leader.pending().get(0).buffer().getInt());
        assertEquals(Syscall.PAUSE.number(), threads.get(0).registers().origRax());
        ThreadState sleeper = threads.get(1).state();
        assertEquals(RestartKind.NANOSLEEP, sleeper.restart().kind());
        assertTrue(sleeper.restart().remainingNs() < 1_000_000_000_000L);
        assertTrue(sleeper.restart().remainingNs() > 900_000_000_000L);
        assertEquals(
                Syscall.CLOCK_NANOSLEEP.number(), threads.get(1).registers().origRax());

        SigAction usr1 = image.signals().orElseThrow().actions().get(SIGUSR1 - 1);
        assertTrue(usr1.handler() > image.mm().orElseThrow().startCode());
        assertEquals(1, image.timers().orElseThrow().posix().size());
    }

    @Test
    void holdsTheMemory() throws Exception {
        Image image = ImageReader.read(file);
        VmaTable table = image.vmas().orElseThrow();
        MappedFile program = table.files().get(image.mm().orElseThrow().exe());
        assertTrue(program.hasFlag(Format.CRT_FILE_CHECK));
        assertEquals(20, program.buildId().length());
        long stack = image.mm().orElseThrow().startStack();
        assertTrue(table.vmas().stream()
                .anyMatch(vma -> vma.contains(stack) && vma.hasFlag(Format.CRT_VMA_GROWSDOWN | Format.CRT_VMA_STACK)));
        for (Vma vma : table.vmas()) {
            if (vma.base() == Base.SHMEM) {
                MappedFile object = table.files().get(vma.file());
                boolean memfd = object.hasFlag(Format.CRT_FILE_MEMFD);
                assertTrue(memfd || object.hasFlag(Format.CRT_FILE_SHMEM));
                assertEquals(memfd ? 4 : 3, firstByteOf(image, vma));
            }
        }
        assertEquals(
                2, table.vmas().stream().filter(vma -> vma.base() == Base.SHMEM).count());
    }

    private int firstByteOf(Image image, Vma vma) throws Exception {
        for (Segment segment : image.segments()) {
            if (vma.contains(segment.address()) && segment.fileSize() != 0) {
                try (FileChannel channel = FileChannel.open(file)) {
                    ByteBuffer one = ByteBuffer.allocate(1);
                    channel.read(one, segment.offset());
                    return one.get(0);
                }
            }
        }
        throw new AssertionError("no page of " + vma);
    }

    /** Module and writer lay images out alike: what the module made is written again byte for byte. */
    @Test
    void writtenAgain() throws Exception {
        Image image = ImageReader.read(file);
        long metaSize = image.header().metaSize();
        byte[] original = Arrays.copyOf(Files.readAllBytes(file), (int) metaSize);
        assertEquals(metaSize, ImageLayout.metaSize(image));
        assertEquals(image.segments(), ImageLayout.place(image.segments(), metaSize));
        assertArrayEquals(
                original,
                ImageWriter.metadata(new ImageBuilder(image).build(), metaSize).array());
    }

    /** Every structure that Java knows survives being taken apart and put together. */
    @Test
    void everyStructureEncodedAgain() throws Exception {
        Image image = ImageReader.read(file);
        Image again = new ImageBuilder(image)
                .mm(image.mm().orElseThrow())
                .vmas(image.vmas().orElseThrow())
                .signals(image.signals().orElseThrow())
                .timers(image.timers().orElseThrow())
                .build();
        assertEquals(image.mm(), again.mm());
        assertEquals(image.vmas(), again.vmas());
        assertEquals(image.signals(), again.signals());
        assertEquals(image.timers(), again.timers());
        for (Note note : image.notes()) {
            if (note.isCrtools() && note.type() != Format.CRT_NT_VMAS && note.type() != Format.CRT_NT_THREAD) {
                assertTrue(again.notes().contains(note), () -> Integer.toHexString(note.type()));
            }
            if (note.isCrtools() && note.type() == Format.CRT_NT_THREAD) {
                assertEquals(note.desc(), NoteEncoder.thread(NoteDecoder.thread(note.desc())));
            }
        }
    }

    @Test
    void everyByteOfTheMetadataFlipped() throws Exception {
        try (FileChannel channel = Samples.open(file)) {
            long metaSize = ImageReader.read(channel).header().metaSize();
            ByteBuffer one = ByteBuffer.allocate(1);
            for (int at = 0; at < metaSize; at++) {
                channel.read(one.clear(), at);
                byte before = one.get(0);
                channel.write(one.put(0, (byte) ~before).position(0), at);
                assertThrows(ImageException.class, () -> ImageReader.read(channel));
                channel.write(one.put(0, before).position(0), at);
            }
            assertFalse(ImageReader.verify(channel, ImageReader.read(channel)));
        }
    }
}
