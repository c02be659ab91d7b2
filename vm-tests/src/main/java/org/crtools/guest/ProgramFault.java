// SPDX-License-Identifier: Apache-2.0
package org.crtools.guest;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.stream.IntStream;
import org.crtools.image.Arg;
import org.crtools.image.ArgType;
import org.crtools.image.ByteString;
import org.crtools.image.Format;
import org.crtools.image.Op;
import org.crtools.image.OpCode;
import org.crtools.image.Phase;
import org.crtools.image.Program;
import org.crtools.image.Syscall;
import org.crtools.sys.SystemCalls;

/**
 * A restore program in which one operation goes wrong.
 *
 * @param index of the operation in the program as it was
 * @param what "operation 17 fails with EPERM"
 * @param isOfHelper whether the operation is one of a child that makes a file by name
 * @param isCertain whether it is come to in every restore
 * @param program with the fault, and before it an operation that cuts {@link Witness#FILE}
 * @param expected what must come of it
 */
public record ProgramFault(
        int index, String what, boolean isOfHelper, boolean isCertain, Program program, Expected expected) {

    /** What must come of a fault. */
    public sealed interface Expected {}

    /**
     * The restore is refused.
     *
     * @param code its exit code
     * @param words that its sentence must have in it
     */
    public record Refused(int code, String words) implements Expected {}

    /** The tree is back, and these words are in the warning. */
    public record Warned(String words) implements Expected {}

    /** The tree is back, whole or with a warning, or refused with one sentence: the operation may not be come to. */
    public record Either() implements Expected {}

    /** The processes had the word to go on: one that is killed then is one that was restored and killed. */
    public record Late() implements Expected {}

    /**
     * Killed where an unlinked file has a name, on a file system where it takes one, or an unlinked FIFO, or the name
     * cannot be removed: the restore is refused, and nothing but the name is left. With O_TMPFILE a file's operation is not
     * come to.
     *
     * @param words that the sentence must have in it
     */
    public record Named(String words) implements Expected {
        static final Named KILLED = new Named(" was not made anew: the process that makes it was killed");
        static final Named DENIED = new Named(" is left: ");
    }

    /** The supervisor itself is killed: nothing is back. */
    public record Dead() implements Expected {}

    /** What a failing operation fails with, and the call that always fails so. */
    public enum Error {
        /** A number that no system call has. */
        ENOSYS("Function not implemented", 4000, List.of()),
        /** FUTEX_UNLOCK_PI (7) of a word, the first letters of a label, that holds nobody's thread id. */
        EPERM("Operation not permitted", Syscall.FUTEX.number(), List.of(Arg.data(0), Arg.imm(7))),
        /** More anonymous memory, MAP_PRIVATE | MAP_ANONYMOUS (0x22), than there are addresses. */
        ENOMEM(
                "Cannot allocate memory",
                Syscall.MMAP.number(),
                List.of(Arg.imm(0), Arg.imm(1L << 62), Arg.imm(0), Arg.imm(0x22), Arg.imm(-1), Arg.imm(0)));

        private final String text;
        private final int number;
        private final List<Arg> args;

        Error(String text, int number, List<Arg> args) {
            this.text = text;
            this.number = number;
            this.args = args;
        }
    }

    /** What the supervisor says of one process, or of all. */
    private static final String ENDED = "being restored";

    private static final int FAILED = 1;
    private static final int PERMISSION = 4;
    private static final int CHANGED = 9;
    private static final int PID_TAKEN = 10;
    private static final int TERMINATED = 143;
    private static final int SIGKILL = 9;
    private static final int SIGTERM = 15;
    private static final int SIGSTOP = 19;
    private static final int CLONE_FILES = 0x400;
    private static final int CLONE_SIGHAND = 0x800;

    /** Every operation that can fail does, one after the other, with an error. */
    public static List<ProgramFault> failing(Program program, Error error) {
        return each(program, " fails with " + error, (seen, index) -> failing(program, index, error)
                .map(op -> new Change(with(seen, index + 1, op), expected(program, index, error))));
    }

    /** Its process is killed before each operation, one after the other. */
    public static List<ProgramFault> killing(Program program) {
        return each(
                program,
                ": killed before it",
                (seen, index) ->
                        Optional.of(new Change(signalled(seen, index + 1, SIGKILL), killedExpected(program, index))));
    }

    /** The restore is called off before each operation, one after the other. */
    public static List<ProgramFault> callingOff(Program program) {
        return each(
                program,
                ": called off before it",
                (seen, index) -> Optional.of(new Change(
                        calledOff(seen, index + 1),
                        isConditional(program, index)
                                ? new Either()
                                : new Refused(TERMINATED, "called off by a signal"))));
    }

    /** Its process stops itself before each operation, one after the other; it is all the same whether it is come to. */
    public static List<ProgramFault> pausing(Program program) {
        return each(
                program,
                ": stopped before it",
                (seen, index) -> Optional.of(new Change(signalled(seen, index + 1, SIGSTOP), new Either())));
    }

    /** The same program of a tree, one process of which stops before it executes its core image: it is never done. */
    public static Program stalled(Program program) {
        int exec = IntStream.range(0, program.ops().size())
                .filter(index -> program.ops().get(index).code() == OpCode.EXEC)
                .findFirst()
                .orElseThrow();
        return signalled(program, exec, SIGSTOP);
    }

    /** What a fault makes of the program, and what must come of it. */
    private record Change(Program program, Expected expected) {}

    /** A fault in a program that has the witness before the operation with an index: that is the next one now. */
    @FunctionalInterface
    private interface Changer {
        Optional<Change> change(Program seen, int index);
    }

    private static List<ProgramFault> each(Program program, String what, Changer changer) {
        List<ProgramFault> faults = new ArrayList<>();
        for (int i = 0; i < program.ops().size(); i++) {
            int index = i;
            changer.change(witnessed(program, i), i)
                    .ifPresent(change -> faults.add(new ProgramFault(
                            index,
                            "operation " + index + " (" + name(program, index) + ")" + what,
                            isOfHelper(program, index),
                            !isConditional(program, index),
                            change.program(),
                            change.expected())));
        }
        return faults;
    }

    /** Whether the fault is at an operation whose label has these words in it. */
    public boolean isAbout(String words) {
        return what.contains(words);
    }

    private static String name(Program program, int index) {
        Op op = program.ops().get(index);
        String what = op.code() == OpCode.SYSCALL
                ? Syscall.of(op.nr()).map(Syscall::title).orElse("call " + op.nr())
                : op.code().toString();
        return what + ", " + program.label(op).map(Object::toString).orElse("no label");
    }

    /** The operation, failing; empty if it is one that cannot fail. */
    private static Optional<Op> failing(Program program, int index, Error error) {
        Op op = program.ops().get(index);
        // A descriptor is closed whatever close(2) says, and without the call it would stay.
        if (isCall(op, Syscall.CLOSE) && op.hasFlag(Format.CRT_OPF_MAY_FAIL)) {
            return Optional.empty();
        }
        return switch (op.code()) {
            case SYSCALL, EXEC, EXPECT, IMAGE_DIR, WRITE, COPY -> Optional.of(call(op, error.number, error.args));
            case FORK -> fork(op, error);
            case SUPERVISE, STAGE -> Optional.of(withArg(op, 0, Arg.imm(-1)));
            case SET, SKIP -> Optional.empty();
        };
    }

    private static Optional<Op> fork(Op op, Error error) {
        if (forksNamespace(op)) {
            return Optional.empty();
        }
        return switch (error) {
            // Process 1 lives.
            case ENOSYS -> Optional.of(withArg(op, 0, Arg.imm(1)));
            // Which wants CLONE_VM.
            case EPERM -> Optional.of(withArg(op, 1, Arg.imm(CLONE_SIGHAND)));
            case ENOMEM -> Optional.empty();
        };
    }

    private static Op call(Op op, int number, List<Arg> args) {
        List<Arg> six = new ArrayList<>(args);
        while (six.size() < Op.ARGS) {
            six.add(Arg.NONE);
        }
        return copy(op, OpCode.SYSCALL, op.flags(), number, op.slot(), 0, six);
    }

    /** A call between the program's own, with its result in a slot. */
    private static Op insertedCall(Op place, Syscall call, int slot, Arg... args) {
        Op op = call(place, call.number(), List.of(args));
        return copy(op, OpCode.SYSCALL, 0, op.nr(), slot, 0, op.args());
    }

    private static Op withArg(Op op, int index, Arg arg) {
        List<Arg> args = new ArrayList<>(op.args());
        args.set(index, arg);
        return copy(op, op.code(), op.flags(), op.nr(), op.slot(), op.skip(), args);
    }

    private static Op withSkip(Op op, int skip) {
        return copy(op, op.code(), op.flags(), op.nr(), op.slot(), skip, op.args());
    }

    private static Op copy(Op op, OpCode code, int flags, int nr, int slot, int skip, List<Arg> args) {
        return new Op(code, flags, nr, slot, op.label(), skip, op.phase(), op.exitCode(), op.thread(), args);
    }

    /** The same program on a file system that has no O_TMPFILE (open(2)): these calls fail, with an error like its own. */
    public static Program withoutTmpfile(Program program) {
        Program changed = program;
        for (int i = 0; i < program.ops().size(); i++) {
            Op op = program.ops().get(i);
            if (isCall(op, Syscall.OPENAT) && (op.args().get(2).value() & SystemCalls.TMPFILE_BIT) != 0) {
                changed = with(changed, i, call(op, Error.ENOSYS.number, Error.ENOSYS.args));
            }
        }
        return changed;
    }

    private static boolean isCall(Op op, Syscall call) {
        return op.code() == OpCode.SYSCALL && op.nr() == call.number();
    }

    private static Program with(Program program, int index, Op op) {
        List<Op> ops = new ArrayList<>(program.ops());
        ops.set(index, op);
        return new Program(program.nrSlots(), program.reportFd(), ops, program.data());
    }

    private static Expected expected(Program program, int index, Error error) {
        Op op = program.ops().get(index);
        String label = program.label(op).map(Object::toString).orElse("");
        if (isCall(op, Syscall.UNLINKAT)) {
            return Named.DENIED;
        }
        if (isConditional(program, index) || op.hasFlag(Format.CRT_OPF_MAY_FAIL)) {
            return new Either();
        }
        return switch (op.code()) {
            case SYSCALL, EXEC, EXPECT, IMAGE_DIR, WRITE, COPY ->
                op.hasFlag(Format.CRT_OPF_WARN)
                        ? new Warned(label)
                        : isExit(op) ? new Either() : new Refused(code(op, error), label + ": " + error.text);
            case FORK ->
                switch (error) {
                    case ENOSYS -> new Refused(PID_TAKEN, "pid 1 is taken");
                    case EPERM -> new Refused(FAILED, ": fork: Invalid argument");
                    case ENOMEM -> throw new IllegalArgumentException("no such fault");
                };
            case SUPERVISE -> new Refused(FAILED, ENDED);
            case STAGE -> new Refused(FAILED, label + ": Bad file descriptor");
            case SET, SKIP -> throw new IllegalArgumentException("no such fault");
        };
    }

    private static boolean isExit(Op op) {
        return isCall(op, Syscall.EXIT_GROUP);
    }

    private static int code(Op op, Error error) {
        if (error == Error.EPERM && op.exitCode() == CHANGED) {
            return PERMISSION;
        }
        return op.exitCode() == 0 ? FAILED : op.exitCode();
    }

    /** Whether an operation before it may lead past it. */
    private static boolean isConditional(Program program, int index) {
        // Without a new pid namespace there is no outer supervisor, whose operation is the last.
        return contains(program, index, OpCode.SKIP)
                || index == program.ops().size() - 1 && program.ops().get(index).code() == OpCode.SUPERVISE;
    }

    private static boolean isChilds(Program program, int index) {
        return contains(program, index, OpCode.FORK);
    }

    private static boolean contains(Program program, int index, OpCode code) {
        return inside(program, index, op -> op.code() == code && !forksNamespace(op));
    }

    /** Of the child that makes a file by name, with the descriptors of its parent. */
    private static boolean isOfHelper(Program program, int index) {
        return inside(
                program,
                index,
                op -> op.code() == OpCode.FORK && (op.args().get(1).value() & CLONE_FILES) != 0);
    }

    private static boolean inside(Program program, int index, Predicate<Op> which) {
        return IntStream.range(0, index).anyMatch(i -> {
            Op op = program.ops().get(i);
            return i + op.skip() >= index && which.test(op);
        });
    }

    /** The fork into a new pid namespace has its flags in a slot, and is left out without the option. */
    private static boolean forksNamespace(Op op) {
        return op.code() == OpCode.FORK && op.args().get(1).type() == ArgType.SLOT;
    }

    /** {@code truncate(Witness.FILE, 0)} before an operation. */
    private static Program witnessed(Program program, int index) {
        byte[] before = program.data().toBytes();
        byte[] path = Witness.FILE.toString().getBytes(StandardCharsets.UTF_8);
        // With the NUL, and a multiple of 8 as before.
        byte[] data = Arrays.copyOf(before, (before.length + path.length) / Long.BYTES * Long.BYTES + Long.BYTES);
        System.arraycopy(path, 0, data, before.length, path.length);
        Program longer = new Program(program.nrSlots(), program.reportFd(), program.ops(), ByteString.of(data));
        Op call = insertedCall(
                program.ops().get(index), Syscall.TRUNCATE, Format.CRT_NO_SLOT, Arg.data(before.length), Arg.imm(0));
        return inserted(longer, index, 0, List.of(call));
    }

    /** {@code kill(getpid(), signal)} before an operation. Whatever leads past the place leads past it too. */
    private static Program signalled(Program program, int index, int signal) {
        Op place = program.ops().get(index);
        int self = program.nrSlots();
        return inserted(
                program,
                index,
                1,
                List.of(
                        insertedCall(place, Syscall.GETPID, self),
                        insertedCall(place, Syscall.KILL, Format.CRT_NO_SLOT, Arg.slot(self), Arg.imm(signal))));
    }

    /**
     * The supervisor gets SIGTERM before an operation, which is then never come to: its process waits for its end. Two go
     * on: the supervisor itself, as it heeds no signal before it supervises, and a helper, which nobody ends.
     */
    private static Program calledOff(Program program, int index) {
        Op first = program.ops().get(0);
        Op place = program.ops().get(index);
        int supervisor = program.nrSlots();
        List<Op> ops = new ArrayList<>();
        ops.add(insertedCall(place, Syscall.KILL, Format.CRT_NO_SLOT, Arg.slot(supervisor), Arg.imm(SIGTERM)));
        if (isChilds(program, index) && !isOfHelper(program, index)) {
            ops.add(insertedCall(
                    place, Syscall.PPOLL, Format.CRT_NO_SLOT, Arg.imm(0), Arg.imm(0), Arg.imm(0), Arg.imm(0)));
        }
        return inserted(
                inserted(program, index, 1, ops), 0, 0, List.of(insertedCall(first, Syscall.GETPID, supervisor)));
    }

    /** More operations before one, and more slots for their results. */
    private static Program inserted(Program program, int index, int slots, List<Op> more) {
        List<Op> ops = new ArrayList<>();
        for (int i = 0; i < program.ops().size(); i++) {
            Op op = program.ops().get(i);
            if (i == index) {
                ops.addAll(more);
            }
            boolean over = i < index && i + op.skip() >= index;
            ops.add(over ? withSkip(op, op.skip() + more.size()) : op);
        }
        return new Program(program.nrSlots() + slots, program.reportFd(), ops, program.data());
    }

    /** Whether a process of its own, which makes a file by name, has yet to remove the name. */
    private static boolean isNamed(Program program, int index) {
        return isCall(program.ops().get(index), Syscall.UNLINKAT)
                || index > 0 && isCall(program.ops().get(index - 1), Syscall.MKNODAT);
    }

    private static Expected killedExpected(Program program, int index) {
        if (isNamed(program, index)) {
            return Named.KILLED;
        }
        if (isConditional(program, index)) {
            return new Either();
        }
        Op op = program.ops().get(index);
        if (op.phase() == Phase.COMMIT && op.code() != OpCode.STAGE) {
            return new Late();
        }
        if (isOfHelper(program, index)) {
            return new Refused(FAILED, " was not made anew: the process that makes it was killed");
        }
        boolean isTree = program.ops().stream().anyMatch(other -> other.code() == OpCode.SUPERVISE);
        if (isTree && !isChilds(program, index)) {
            return new Dead();
        }
        return new Refused(FAILED, ENDED);
    }
}
