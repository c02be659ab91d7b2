// SPDX-License-Identifier: Apache-2.0
package org.crtools.image;

import static org.crtools.image.Format.CRT_ALL_THREADS;
import static org.crtools.image.Format.CRT_NO_LABEL;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/**
 * Puts a restore program together. Operations run in the order in which they are added; each adding method returns the
 * operation, so that its label, slot and flags can be set:
 *
 * <pre>{@code
 * ProgramBuilder program = new ProgramBuilder();
 * int child = program.slot();
 * program.about("pid 812");
 * program.fork(Arg.imm(812), body -> {
 *     body.syscall(Syscall.SETSID);
 *     body.exec(imageDir, "core-812.img");
 * }).into(child).warn();
 * Program finished = program.build();
 * }</pre>
 */
public final class ProgramBuilder {
    /** The descriptor argument that is none. */
    private static final Arg NO_DESCRIPTOR = Arg.imm(-1);

    private final ProgramData data = new ProgramData();
    private final List<OpBuilder> ops = new ArrayList<>();
    private int slots;
    private int reportFd = -1;
    private Phase phase = Phase.PROCESS;
    private int thread;
    private int label = CRT_NO_LABEL;
    private int exitCode;

    /** Where failures, warnings and the news of {@link #stage} go; standard error without this. */
    public ProgramBuilder reportTo(int descriptor) {
        reportFd = descriptor;
        return this;
    }

    /** A new 64-bit variable, 0 at first. In a tree image all processes share it. */
    public int slot() {
        return slots++;
    }

    /** Several neighbouring slots; returns the first. */
    public int slots(int count) {
        int first = slots;
        slots += count;
        return first;
    }

    /** The label of all operations from here on, such as "pid 812 fd 7: pipe"; those may set their own. */
    public ProgramBuilder about(String text) {
        label = data.text(ByteString.of(text));
        return this;
    }

    /** The exit code of the tree image when one of the operations from here on fails; those may set their own. */
    public ProgramBuilder failingWith(int code) {
        exitCode = code;
        return this;
    }

    /** A NUL-terminated path or other text. */
    public Arg text(ByteString text) {
        return Arg.data(data.text(text));
    }

    /** A NUL-terminated text in UTF-8. */
    public Arg text(String text) {
        return text(ByteString.of(text));
    }

    /** Bytes that are only read, such as a struct, 8-byte aligned. */
    public Arg bytes(ByteString contents) {
        return Arg.data(data.constant(contents));
    }

    /** Little-endian 64-bit numbers that are only read, such as a struct or an array of them. */
    public Arg longs(long... values) {
        ByteBuffer buffer = ByteBuffer.allocate(values.length * Long.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        for (long value : values) {
            buffer.putLong(value);
        }
        return bytes(ByteString.of(buffer.array()));
    }

    /** Little-endian 32-bit numbers that are only read, such as the list of setgroups(2). */
    public Arg ints(int... values) {
        ByteBuffer buffer = ByteBuffer.allocate(values.length * Integer.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        for (int value : values) {
            buffer.putInt(value);
        }
        return bytes(ByteString.of(buffer.array()));
    }

    /** Zeros that a system call may write to, 8-byte aligned. */
    public Arg room(int size) {
        return room(ByteString.of(new byte[size]));
    }

    /** The same with contents. */
    public Arg room(ByteString contents) {
        return Arg.data(data.room(contents));
    }

    public OpBuilder syscall(Syscall call, Arg... args) {
        return add(OpCode.SYSCALL, call.number(), args);
    }

    /** A call with plain numbers only. */
    public OpBuilder syscall(Syscall call, long... numbers) {
        Arg[] args = new Arg[numbers.length];
        for (int i = 0; i < numbers.length; i++) {
            args[i] = Arg.imm(numbers[i]);
        }
        return syscall(call, args);
    }

    /** A call without arguments. */
    public OpBuilder syscall(Syscall call) {
        return add(OpCode.SYSCALL, call.number());
    }

    /** A child that runs the body, which must end it by {@link #exec} or {@link #exit}. No BORN report. */
    public OpBuilder fork(Arg pid, Consumer<ProgramBuilder> body) {
        return fork(pid, 0, NO_DESCRIPTOR, body);
    }

    /**
     * A child that runs the body, which must end it by {@link #exec} or {@link #exit}. Result: its pid.
     *
     * @param pid wanted, 0 for any
     * @param cloneFlags further flags of clone3(2)
     * @param reportFd descriptor for its BORN report, -1 for none
     */
    public OpBuilder fork(Arg pid, long cloneFlags, Arg reportFd, Consumer<ProgramBuilder> body) {
        return nested(add(OpCode.FORK, 0, pid, Arg.imm(cloneFlags), reportFd), body);
    }

    /**
     * The body runs in a child when the image was started with that option, else in this process, which must end by it.
     * What follows is for the parent of that child.
     *
     * @param cloneFlags further flags of clone3(2)
     */
    public OpBuilder forkIfOption(TreeOption option, Arg cloneFlags, Arg reportFd, Consumer<ProgramBuilder> body) {
        add(OpCode.SKIP, Comparison.EQ.value(), Arg.option(option), Arg.imm(0)).skip(1);
        return nested(add(OpCode.FORK, 0, Arg.imm(0), cloneFlags, reportFd), body);
    }

    /** Another image in place of this process. */
    public OpBuilder exec(Arg directory, String image) {
        return add(OpCode.EXEC, 0, directory, text(image));
    }

    /** exit_group(2). */
    public OpBuilder exit(int status) {
        return syscall(Syscall.EXIT_GROUP, status);
    }

    public OpBuilder expect(Arg left, Comparison comparison, Arg right) {
        return add(OpCode.EXPECT, comparison.value(), left, right);
    }

    /** Fails unless {@code size} bytes at two addresses are the same. */
    public OpBuilder expectSame(Arg left, Arg right, long size) {
        return add(OpCode.EXPECT, Comparison.MEM_EQ.value(), left, right, Arg.imm(size));
    }

    public OpBuilder set(int slot, Arg value) {
        return add(OpCode.SET, 0, value).into(slot);
    }

    /** Result: an O_PATH descriptor of the folder that holds the image. */
    public OpBuilder imageDir() {
        return add(OpCode.IMAGE_DIR, 0);
    }

    /** The body is left out when the comparison holds. */
    public OpBuilder skipIf(Arg left, Comparison comparison, Arg right, Consumer<ProgramBuilder> body) {
        return nested(add(OpCode.SKIP, comparison.value(), left, right), body);
    }

    /** The body is left out when {@code size} bytes at two addresses are the same. */
    public OpBuilder skipIfSame(Arg left, Arg right, long size, Consumer<ProgramBuilder> body) {
        return nested(add(OpCode.SKIP, Comparison.MEM_EQ.value(), left, right, Arg.imm(size)), body);
    }

    /** The body runs only when the image was started with that option. */
    public OpBuilder ifOption(TreeOption option, Consumer<ProgramBuilder> body) {
        return skipIf(Arg.option(option), Comparison.EQ, Arg.imm(0), body);
    }

    /** The body runs only when the image was started without that option. */
    public OpBuilder unlessOption(TreeOption option, Consumer<ProgramBuilder> body) {
        return skipIf(Arg.option(option), Comparison.NE, Arg.imm(0), body);
    }

    /** A stage of {@link #supervise}: {@code count} processes wait for their byte at {@code goFd}. */
    public record Stage(int goFd, int count) {}

    /** Sees the processes of a tree image through, then ends as their root ends. */
    public OpBuilder supervise(Arg reportPipe, List<Stage> stages, Arg rootPid, boolean detachable) {
        return supervise(reportPipe, stages, rootPid, detachable, Arg.NONE);
    }

    /** The same for a supervisor that has one itself, to whose report pipe it tells how it went. */
    public OpBuilder supervise(Arg reportPipe, List<Stage> stages, Arg rootPid, boolean detachable, Arg upstream) {
        int[] table = new int[stages.size() * 2];
        for (int i = 0; i < stages.size(); i++) {
            table[2 * i] = stages.get(i).goFd();
            table[2 * i + 1] = stages.get(i).count();
        }
        return add(
                OpCode.SUPERVISE,
                0,
                reportPipe,
                ints(table),
                Arg.imm(stages.size()),
                rootPid,
                Arg.imm(detachable ? 1 : 0),
                upstream);
    }

    /** Tells the supervisor that this process is done with a stage, and waits until all are. */
    public OpBuilder stage(Arg goFd) {
        return add(OpCode.STAGE, 0, goFd);
    }

    /** Writes all of the bytes. */
    public OpBuilder write(Arg descriptor, ByteString contents) {
        return add(OpCode.WRITE, 0, descriptor, bytes(contents), Arg.imm(contents.length()));
    }

    /** {@code offset}, {@code length} and {@code toOffset} as CRT_OP_COPY has them: -1 for all, or for the position. */
    public OpBuilder copy(Arg from, long offset, long length, Arg to, long toOffset) {
        return add(OpCode.COPY, 0, from, Arg.imm(offset), Arg.imm(length), to, Arg.imm(toOffset));
    }

    /** The body's operations are run by the thread with this index, its final preparations. */
    public ProgramBuilder thread(int index, Consumer<ProgramBuilder> body) {
        return inPhase(Phase.THREAD, index, body);
    }

    /** The body's operations are run by every thread. */
    public ProgramBuilder allThreads(Consumer<ProgramBuilder> body) {
        return inPhase(Phase.THREAD, CRT_ALL_THREADS, body);
    }

    /** The body's operations are run by the first thread when all have finished theirs. */
    public ProgramBuilder commit(Consumer<ProgramBuilder> body) {
        return inPhase(Phase.COMMIT, 0, body);
    }

    private ProgramBuilder inPhase(Phase newPhase, int newThread, Consumer<ProgramBuilder> body) {
        Phase phaseBefore = phase;
        int threadBefore = thread;
        phase = newPhase;
        thread = newThread;
        scoped(body);
        phase = phaseBefore;
        thread = threadBefore;
        return this;
    }

    private OpBuilder nested(OpBuilder op, Consumer<ProgramBuilder> body) {
        int before = ops.size();
        scoped(body);
        op.skip(ops.size() - before);
        return op;
    }

    /** What the body says about labels and exit codes ends with it. */
    private void scoped(Consumer<ProgramBuilder> body) {
        int labelBefore = label;
        int exitCodeBefore = exitCode;
        body.accept(this);
        label = labelBefore;
        exitCode = exitCodeBefore;
    }

    private OpBuilder add(OpCode code, int nr, Arg... args) {
        OpBuilder op = new OpBuilder(data, code, nr, phase, thread, args);
        op.label(label).exitCode(exitCode);
        ops.add(op);
        return op;
    }

    /** How many operations there are so far. */
    public int size() {
        return ops.size();
    }

    /** The finished program. Its caps are checked when it goes into an image. */
    public Program build() {
        List<Op> finished = new ArrayList<>(ops.size());
        for (OpBuilder op : ops) {
            finished.add(op.build());
        }
        return new Program(slots, reportFd, finished, data.finish());
    }
}
