// SPDX-License-Identifier: Apache-2.0
package org.crtools.guest;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.crtools.image.Arg;
import org.crtools.image.ArgType;
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
 * @param expected what must come of it
 */
public record ProgramFault(int index, String what, Program program, Expected expected) {

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

    /** The tree is back or refused with one sentence: the operation may not be reached, or matters little. */
    public record Either() implements Expected {}

    /** The processes had the word to go on: one that is killed then is one that was restored and killed. */
    public record Late() implements Expected {}

    /**
     * Killed between the making of an unlinked file and the removal of its name: nothing but that name is left, as
     * nobody is there to remove it.
     */
    public record Named() implements Expected {}

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
    private static final int SIGKILL = 9;
    private static final int CLONE_SIGHAND = 0x800;

    /** Every operation that can fail does, one after the other, with an error. */
    public static List<ProgramFault> failing(Program program, Error error) {
        List<ProgramFault> faults = new ArrayList<>();
        for (int i = 0; i < program.ops().size(); i++) {
            int index = i;
            failing(program, i, error)
                    .ifPresent(op -> faults.add(new ProgramFault(
                            index,
                            "operation " + index + " (" + name(program, index) + ") fails with " + error,
                            with(program, index, op),
                            expected(program, index, error))));
        }
        return faults;
    }

    /** Its process is killed before each operation, one after the other. */
    public static List<ProgramFault> killing(Program program) {
        List<ProgramFault> faults = new ArrayList<>();
        for (int i = 0; i < program.ops().size(); i++) {
            faults.add(new ProgramFault(
                    i,
                    "killed before operation " + i + " (" + name(program, i) + ")",
                    killed(program, i),
                    killedExpected(program, i)));
        }
        return faults;
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
        return new Op(
                OpCode.SYSCALL,
                op.flags(),
                number,
                op.slot(),
                op.label(),
                0,
                op.phase(),
                op.exitCode(),
                op.thread(),
                six);
    }

    private static Op withArg(Op op, int index, Arg arg) {
        List<Arg> args = new ArrayList<>(op.args());
        args.set(index, arg);
        return new Op(
                op.code(),
                op.flags(),
                op.nr(),
                op.slot(),
                op.label(),
                op.skip(),
                op.phase(),
                op.exitCode(),
                op.thread(),
                args);
    }

    private static Program with(Program program, int index, Op op) {
        List<Op> ops = new ArrayList<>(program.ops());
        ops.set(index, op);
        return new Program(program.nrSlots(), program.reportFd(), ops, program.data());
    }

    private static Expected expected(Program program, int index, Error error) {
        Op op = program.ops().get(index);
        String label = program.label(op).map(Object::toString).orElse("");
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
            case STAGE -> new Refused(FAILED, ENDED);
            case SET, SKIP -> throw new IllegalArgumentException("no such fault");
        };
    }

    private static boolean isExit(Op op) {
        return op.code() == OpCode.SYSCALL && op.nr() == Syscall.EXIT_GROUP.number();
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
        for (int i = 0; i < index; i++) {
            Op op = program.ops().get(i);
            if (op.code() == code && i + op.skip() >= index && !forksNamespace(op)) {
                return true;
            }
        }
        return false;
    }

    /** The fork into a new pid namespace has its flags in a slot, and is left out without the option. */
    private static boolean forksNamespace(Op op) {
        return op.code() == OpCode.FORK && op.args().get(1).type() == ArgType.SLOT;
    }

    /** Two operations more: {@code kill(getpid(), SIGKILL)}. Whatever leads past the place leads past them too. */
    private static Program killed(Program program, int index) {
        Op place = program.ops().get(index);
        List<Op> ops = new ArrayList<>();
        for (int i = 0; i < program.ops().size(); i++) {
            Op op = program.ops().get(i);
            if (i == index) {
                Op self = call(place, Syscall.GETPID.number(), List.of());
                ops.add(plain(self, program.nrSlots()));
                Op kill = call(place, Syscall.KILL.number(), List.of(Arg.slot(program.nrSlots()), Arg.imm(SIGKILL)));
                ops.add(plain(kill, Format.CRT_NO_SLOT));
            }
            boolean over = i < index && i + op.skip() >= index;
            ops.add(over ? withSkip(op, op.skip() + 2) : op);
        }
        return new Program(program.nrSlots() + 1, program.reportFd(), ops, program.data());
    }

    private static Op plain(Op op, int slot) {
        return new Op(op.code(), 0, op.nr(), slot, op.label(), 0, op.phase(), op.exitCode(), op.thread(), op.args());
    }

    private static Op withSkip(Op op, int skip) {
        return new Op(
                op.code(),
                op.flags(),
                op.nr(),
                op.slot(),
                op.label(),
                skip,
                op.phase(),
                op.exitCode(),
                op.thread(),
                op.args());
    }

    /** Whether a file has its passing name before an operation. */
    private static boolean isNamed(Program program, int index) {
        for (int i = index - 1; i >= 0; i--) {
            Op op = program.ops().get(i);
            if (op.code() == OpCode.SYSCALL && op.nr() == Syscall.UNLINKAT.number()) {
                return false;
            }
            if (op.code() == OpCode.SYSCALL
                    && op.nr() == Syscall.OPENAT.number()
                    && (op.args().get(2).value() & SystemCalls.O_EXCL) != 0) {
                return true;
            }
        }
        return false;
    }

    private static Expected killedExpected(Program program, int index) {
        if (isNamed(program, index)) {
            return new Named();
        }
        if (isConditional(program, index)) {
            return new Either();
        }
        Op op = program.ops().get(index);
        if (op.phase() == Phase.COMMIT && op.code() != OpCode.STAGE) {
            return new Late();
        }
        boolean isTree = program.ops().stream().anyMatch(other -> other.code() == OpCode.SUPERVISE);
        if (isTree && !isChilds(program, index)) {
            return new Dead();
        }
        return new Refused(FAILED, ENDED);
    }
}
