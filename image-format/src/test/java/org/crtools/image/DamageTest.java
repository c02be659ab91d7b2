// SPDX-License-Identifier: Apache-2.0
package org.crtools.image;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Whatever happens to the bytes of an image, a reader gets an image or a typed error. */
class DamageTest {
    private static final int MUTATIONS = 20_000;
    private static final long SEED = 20_261_121;

    @TempDir
    Path folder;

    private Path core;
    private Path tree;

    @BeforeEach
    void write() throws Exception {
        core = folder.resolve("core.img");
        Samples.writeCore(core);
        tree = folder.resolve("tree.img");
        try (FileChannel channel = Samples.open(tree)) {
            ImageWriter.write(channel, Samples.tree());
        }
    }

    @Test
    void everyByteFlippedInCore() throws Exception {
        flipEveryByte(core);
    }

    @Test
    void everyByteFlippedInTree() throws Exception {
        flipEveryByte(tree);
    }

    private static void flipEveryByte(Path file) throws IOException, ImageException {
        try (FileChannel channel = Samples.open(file)) {
            long metaSize = ImageReader.read(channel).header().metaSize();
            byte[] bytes = Files.readAllBytes(file);
            for (int i = 0; i < bytes.length; i++) {
                put(channel, i, (byte) ~bytes[i]);
                if (i < metaSize) {
                    assertThrows(ImageException.class, () -> ImageReader.read(channel), "byte " + i);
                } else {
                    Image image = ImageReader.read(channel);
                    assertThrows(CorruptImage.class, () -> ImageReader.verify(channel, image), "byte " + i);
                }
                put(channel, i, bytes[i]);
            }
            ImageReader.verify(channel, ImageReader.read(channel));
        }
    }

    @Test
    void coreCutAtEveryLength() throws Exception {
        cutAtEveryLength(core);
    }

    @Test
    void treeCutAtEveryLength() throws Exception {
        cutAtEveryLength(tree);
    }

    private static void cutAtEveryLength(Path file) throws IOException {
        try (FileChannel channel = Samples.open(file)) {
            for (long length = channel.size() - 1; length >= 0; length--) {
                channel.truncate(length);
                ImageException error = assertThrows(ImageException.class, () -> ImageReader.read(channel));
                if (length > 0) {
                    assertInstanceOf(CorruptImage.class, error, "cut at " + length);
                }
            }
        }
    }

    /** Mutations with the checksum made right again, so that they reach the parsers. */
    @Test
    void mutationsWithRightChecksumInCore() throws Exception {
        mutate(core);
    }

    @Test
    void mutationsWithRightChecksumInTree() throws Exception {
        mutate(tree);
    }

    private static void mutate(Path file) throws IOException, ImageException {
        Random random = new Random(SEED);
        byte[] good = Files.readAllBytes(file);
        int refused = 0;
        try (FileChannel channel = Samples.open(file)) {
            Image image = ImageReader.read(channel);
            int notesAt = (int) ImageLayout.notesOffset(image.segments().size());
            int crcAt = notesAt + ElfParser.HEADER_DESC + HeaderDescriptor.META_CRC;
            int used = (int) usedMetadata(image, notesAt);
            for (int i = 0; i < MUTATIONS; i++) {
                ByteBuffer meta = ByteBuffer.wrap(good, 0, (int) image.header().metaSize())
                        .slice();
                ByteBuffer mutated = ByteBuffer.allocate(meta.limit()).order(ByteOrder.LITTLE_ENDIAN);
                mutated.put(meta).position(0);
                int changes = 1 + random.nextInt(3);
                for (int change = 0; change < changes; change++) {
                    mutateOnce(mutated, random, used);
                }
                mutated.putInt(crcAt, ImageReader.metaCrc(mutated, crcAt));
                channel.write(mutated.position(0), 0);
                try {
                    Image read = ImageReader.read(channel);
                    ProgramPrinter.print(read.program().orElse(Samples.program()));
                } catch (ImageException expected) {
                    refused++;
                }
            }
        }
        assertTrue(refused > MUTATIONS / 10, "only " + refused + " mutations were refused");
    }

    private static long usedMetadata(Image image, int notesAt) {
        long used = notesAt + ImageLayout.noteSize(Format.CRT_NOTE_NAME, HeaderDescriptor.BYTES);
        for (Note note : image.notes()) {
            used += ImageLayout.noteSize(note.name(), note.desc().length());
        }
        return used;
    }

    private static void mutateOnce(ByteBuffer meta, Random random, int used) {
        int at = random.nextInt(used - Long.BYTES);
        int aligned = at & ~3;
        switch (random.nextInt(7)) {
            case 0 -> meta.put(at, (byte) random.nextInt());
            case 1 -> meta.put(at, (byte) (meta.get(at) ^ 1 << random.nextInt(8)));
            case 2 -> meta.putInt(aligned, -1);
            case 3 -> meta.putInt(aligned, random.nextInt());
            case 4 -> meta.putLong(aligned, Long.MAX_VALUE - random.nextInt(3 * Samples.PAGE));
            case 5 -> meta.putInt(aligned, meta.getInt(aligned) + random.nextInt(9) - 4);
            default -> meta.putInt(aligned, meta.getInt(random.nextInt(used - Long.BYTES)));
        }
    }

    @Test
    void otherVersionsAndHosts() throws Exception {
        int header = headerAt();
        expect(ImageTooNew.class, header + HeaderDescriptor.FORMAT_MAJOR, 2);
        expect(ImageTooOld.class, header + HeaderDescriptor.FORMAT_MAJOR, 0);
        expect(ImageTooNew.class, header + NoteDescriptor.VERSION, 2);
        expect(WrongHost.class, header + HeaderDescriptor.PAGE_SIZE + 1, 0x40);
        expect(WrongHost.class, Elf.E_MACHINE, 183);
        expect(WrongHost.class, Elf.EI_CLASS, 1);
        expect(WrongHost.class, Elf.EI_DATA, 2);
        expect(NotAnImage.class, 1, 'e');
        expect(NotAnImage.class, Format.CRT_IDENT_OFFSET, 0);
        expect(ImageTooBig.class, header + HeaderDescriptor.META_SIZE + 4, 1);
        expect(CorruptImage.class, header + HeaderDescriptor.META_CRC, 0);
    }

    /** What a newer minor version added is skipped where it can be. */
    @Test
    void noteOfNewerMinorVersion() throws Exception {
        Path file = folder.resolve("newer");
        Note unknown = Note.crtools(0x435254ff, ByteString.of("from the future"));
        try (FileChannel channel = Samples.open(file)) {
            ImageWriter.write(channel, newerTree().note(unknown).build());
        }
        Image image = ImageReader.read(file);
        assertEquals(Samples.program(), image.program().orElseThrow());
        assertTrue(image.notes().contains(unknown));
    }

    /** Where it cannot be, the version is the reason that is told. */
    @Test
    void operationOfNewerMinorVersion() throws Exception {
        Path file = folder.resolve("newer");
        Image image = newerTree().build();
        try (FileChannel channel = Samples.open(file)) {
            ByteBuffer meta = ImageWriter.metadata(image, ImageLayout.metaSize(image));
            int notesAt = (int) ImageLayout.notesOffset(0);
            int header = notesAt + ElfParser.HEADER_DESC;
            int program = header + HeaderDescriptor.BYTES + ElfParser.HEADER_DESC;
            meta.putShort(program + ProgramDescriptor.BYTES + OpDescriptor.CODE, (short) 500);
            int crcAt = header + HeaderDescriptor.META_CRC;
            meta.putInt(crcAt, ImageReader.metaCrc(meta, crcAt));
            channel.write(meta);
        }
        assertThrows(ImageTooNew.class, () -> ImageReader.read(file));
    }

    private static ImageBuilder newerTree() throws ImageException {
        Header old = Samples.tree().header();
        Header newer =
                new Header(1, 9, old.flags(), 0, 0, Samples.PAGE, old.id(), 0, 0, 0, 0, 0, 0, old.pid(), old.release());
        return new ImageBuilder(newer).program(Samples.program());
    }

    @Test
    void missingFile() {
        assertThrows(ImageIo.class, () -> ImageReader.read(folder.resolve("none")));
    }

    private int headerAt() throws ImageException {
        int segments = ImageReader.read(core).segments().size();
        return (int) ImageLayout.notesOffset(segments) + ElfParser.HEADER_DESC;
    }

    private void expect(Class<? extends ImageException> error, int at, int value) throws IOException {
        byte before = Files.readAllBytes(core)[at];
        try (FileChannel channel = Samples.open(core)) {
            put(channel, at, (byte) value);
            assertThrows(error, () -> ImageReader.read(channel), "byte " + at + " is " + value);
            put(channel, at, before);
        }
    }

    private static void put(FileChannel channel, int at, byte value) throws IOException {
        channel.write(ByteBuffer.wrap(new byte[] {value}), at);
    }
}
