// SPDX-License-Identifier: Apache-2.0
package org.crtools.image;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.UUID;

/** Images made of nothing but the writer, the same at each call. */
final class Samples {
    static final int PAGE = Format.CRT_PAGE_SIZE;
    static final long CODE = 0x400000;
    static final long HEAP = 0x600000;
    static final long STACK = 0x7ffe_0000_0000L;

    private static final UUID ID = UUID.fromString("00112233-4455-6677-8899-aabbccddeeff");
    private static final int XSTATE_SIZE = 832;
    private static final int SIGINFO_SEED = 7;

    /** In the order of user_regs_struct: r15 … rax … orig_rax, rip, cs, eflags, rsp, ss, fs_base, gs_base, ds … gs. */
    private static final long[] REGISTERS = {
        1,
        2,
        3,
        4,
        5,
        6,
        7,
        8,
        9,
        10,
        -516,
        12,
        13,
        14,
        15,
        230,
        CODE + 17,
        0x33,
        0x202,
        STACK + 20,
        0x2b,
        HEAP + 22,
        0,
        0,
        0,
        0,
        0
    };

    private Samples() {}

    static Header header(int nrThreads) {
        return new Header(
                1, 0, Format.CRT_HDR_KEEP_TIDS, 0, 0, PAGE, ID, 11, 12, 13, 7, XSTATE_SIZE, nrThreads, 812, "6.1");
    }

    static Mm mm() {
        return new Mm(
                CODE,
                CODE + 1,
                CODE + 2,
                CODE + 3,
                HEAP,
                HEAP + 64,
                STACK + 8,
                STACK + 16,
                STACK + 17,
                STACK + 18,
                STACK + 19,
                STACK + 0x10000,
                0x6000,
                STACK + 0x14000,
                0xcafe,
                0,
                0,
                1,
                0,
                Format.CRT_MB_PRIVATE_RSEQ,
                0,
                1,
                3,
                1);
    }

    static VmaTable vmas() {
        ByteString path = ByteString.of(new byte[] {'/', 'a', ' ', '\n', (byte) 0xff, 'b'});
        MappedFile program = new MappedFile(
                99, 8000, 5, 8, 1, 0100755, Format.CRT_FILE_CHECK, path, ByteString.of(new byte[] {1, 2, 3}));
        MappedFile deleted = new MappedFile(
                7, 4096, 6, 0, 1, 0100600, Format.CRT_FILE_DELETED, ByteString.of("/dev/shm/x"), ByteString.EMPTY);
        int readable = Format.CRT_VMA_READ;
        int writable = readable | Format.CRT_VMA_WRITE;
        int shared = writable | Format.CRT_VMA_SHARED | Format.CRT_VMA_MAYWRITE;
        return new VmaTable(
                List.of(
                        new Vma(CODE, CODE + 2 * PAGE, 0, readable, Base.FILE, 0, -1, ByteString.EMPTY),
                        new Vma(HEAP, HEAP + 4 * PAGE, 0, writable, Base.ANON, -1, -1, ByteString.of("pool")),
                        new Vma(HEAP + 8 * PAGE, HEAP + 9 * PAGE, 0, shared, Base.SHMEM, 1, -1, ByteString.EMPTY),
                        new Vma(STACK, STACK + PAGE, 0, writable, Base.ANON, -1, -1, ByteString.EMPTY)),
                List.of(program, deleted));
    }

    static ByteString random(int length, int seed) {
        byte[] bytes = new byte[length];
        new Random(seed).nextBytes(bytes);
        return ByteString.of(bytes);
    }

    private static ByteString siginfo(int seed) {
        byte[] bytes = random(Format.CRT_SIGINFO_SIZE, seed).toBytes();
        ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).putInt(0, 1 + seed % Format.CRT_NSIG);
        return ByteString.of(bytes);
    }

    static Signals signals() {
        List<SigAction> actions = new ArrayList<>(Collections.nCopies(64, new SigAction(0, 0, 0, 0)));
        actions.set(14, new SigAction(CODE + 5, 0x4000000, CODE + 9, 1));
        return new Signals(actions, List.of(siginfo(SIGINFO_SEED)));
    }

    static Timers timers() {
        return new Timers(
                new Itimer(5, 6),
                new Itimer(0, 0),
                new Itimer(1, 0),
                List.of(new PosixTimer(3, 1, 0, 14, 77, 0, 2, 8, 9)));
    }

    static ThreadState state(int tid) {
        return new ThreadState(
                tid,
                Format.CRT_THR_RESTORE_SIGMASK,
                0x4000,
                1,
                STACK,
                8192,
                2,
                32,
                STACK + 40,
                0x53053053,
                List.of(siginfo(tid)),
                STACK + 80,
                24,
                STACK + 96,
                new Restart(RestartKind.NANOSLEEP, 1, 1, 0, STACK + 100, 0, 0, 1, 123456789),
                15,
                0,
                1,
                50000,
                ByteString.of("worker-" + tid));
    }

    static ThreadRecord thread(int tid) {
        ByteBuffer prstatus = ByteBuffer.allocate(Elf.PRSTATUS_SIZE).order(ByteOrder.LITTLE_ENDIAN);
        prstatus.putInt(Elf.PR_PID, tid);
        for (int i = 0; i < REGISTERS.length; i++) {
            prstatus.putLong(Elf.PR_REG + i * Long.BYTES, REGISTERS[i]);
        }
        ByteString bytes = ByteString.of(prstatus.array());
        Registers registers = Registers.read(bytes.buffer().position(Elf.PR_REG));
        return new ThreadRecord(state(tid), bytes, registers, random(512, tid + 1), random(XSTATE_SIZE, tid + 2));
    }

    /** Two runs in the heap, one in the stack, and a mapping of which no page is there. */
    static List<Segment> segments() {
        return List.of(
                new Segment(CODE, 2 * PAGE, 0, 0, 5),
                new Segment(HEAP, PAGE, PAGE, 0, 6),
                new Segment(HEAP + 2 * PAGE, 2 * PAGE, 2 * PAGE, 0, 6),
                new Segment(STACK, PAGE, PAGE, 0, 6));
    }

    static Program program() {
        ProgramBuilder builder = new ProgramBuilder().reportTo(900);
        int root = builder.slot();
        int folder = builder.slot();
        builder.about("image folder").imageDir().into(folder);
        builder.about("pid 812").failingWith(Format.CRT_EXIT_PID_TAKEN);
        builder.fork(Arg.imm(812), 0, Arg.imm(900), child -> {
                    child.syscall(Syscall.SETSID);
                    child.syscall(Syscall.OPENAT, Arg.imm(-100), child.text("/tmp/a log"), Arg.imm(02001), Arg.imm(0))
                            .label("pid 812 fd 7: /tmp/a log")
                            .exitCode(Format.CRT_EXIT_CHANGED);
                    child.unlessOption(
                            TreeOption.NEW_PIDS, body -> body.expect(Arg.slot(root), Comparison.EQ, Arg.imm(812)));
                    child.stage(Arg.imm(901));
                    child.exec(Arg.slot(folder), "core-812.img");
                })
                .into(root)
                .warn();
        builder.supervise(Arg.imm(899), List.of(new ProgramBuilder.Stage(902, 1)), Arg.slot(root), true);
        return builder.build();
    }

    /** A core image without page data in place; its segments have offsets behind {@code metaSize}. */
    static ImageBuilder core(long metaSize) throws ImageException {
        return new ImageBuilder(header(2))
                .note(new Note(Elf.CORE, 3, random(136, 3)))
                .thread(thread(812))
                .thread(thread(813))
                .mm(mm())
                .vmas(vmas())
                .signals(signals())
                .timers(timers())
                .segments(ImageLayout.place(segments(), metaSize));
    }

    static Image tree() throws ImageException {
        return new ImageBuilder(new Header(1, 0, Format.CRT_HDR_TREE, 0, 0, PAGE, ID, 11, 12, 13, 0, 0, 0, 812, "6.1"))
                .program(program())
                .model(ByteString.of("{\"pid\": 812}"))
                .build();
    }

    /** Writes a whole core image with program, model and checksums, as a dump does. */
    static void writeCore(Path file) throws IOException, ImageException {
        long room = ImageLayout.roundUp(20_000);
        try (FileChannel channel = open(file)) {
            Image plain = core(room).build();
            for (Segment segment : plain.segments()) {
                if (segment.fileSize() != 0) {
                    channel.write(
                            random((int) segment.fileSize(), (int) segment.address())
                                    .buffer(),
                            segment.offset());
                }
            }
            Image whole = new ImageBuilder(plain)
                    .program(program())
                    .model(ByteString.of("{\"fds\": []}"))
                    .checksum(PageData.checksum(channel, plain.segments()))
                    .build();
            ImageWriter.writeMetadata(channel, whole, room);
        }
    }

    static FileChannel open(Path file) throws IOException {
        return FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
    }
}
