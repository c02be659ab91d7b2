// SPDX-License-Identifier: Apache-2.0
package org.crtools.image;

import java.util.List;
import java.util.PriorityQueue;
import java.util.Queue;

/**
 * Shows a restore program as one reads the output of strace: an operation a line, with its number, its slot as {@code =
 * $3}, and behind {@code #} what it is about. The bodies of forks and skips are indented.
 */
public final class ProgramPrinter {
    private static final String INDENT = "  ";
    private static final int COMMENT_COLUMN = 72;
    private static final int SHOWN_BYTES = 32;

    private final Program program;
    private final StringBuilder out = new StringBuilder();

    private ProgramPrinter(Program program) {
        this.program = program;
    }

    /** The listing; every line ends with a newline. */
    public static String print(Program program) {
        ProgramPrinter printer = new ProgramPrinter(program);
        printer.print();
        return printer.out.toString();
    }

    private void print() {
        List<Op> ops = program.ops();
        int width = Integer.toString(Math.max(0, ops.size() - 1)).length();
        // Bodies may overlap: one may begin inside another and end behind it.
        Queue<Integer> ends = new PriorityQueue<>();
        String section = "";
        for (int i = 0; i < ops.size(); i++) {
            Op op = ops.get(i);
            while (!ends.isEmpty() && ends.peek() <= i) {
                ends.remove();
            }
            String here = section(op);
            if (!here.equals(section)) {
                out.append(here).append(":\n");
                section = here;
            }
            line(op, i, width, ends.size());
            if (op.skip() > 0) {
                ends.add(i + 1 + op.skip());
            }
        }
    }

    private static String section(Op op) {
        return switch (op.phase()) {
            case PROCESS -> "process";
            case THREAD -> op.thread() == Format.CRT_ALL_THREADS ? "every thread" : "thread " + op.thread();
            case COMMIT -> "commit";
        };
    }

    private void line(Op op, int index, int width, int depth) {
        int start = out.length();
        String number = Integer.toString(index);
        out.append(" ".repeat(width - number.length() + 1)).append(number).append(INDENT);
        out.append(INDENT.repeat(Math.min(depth, SHOWN_BYTES)));
        operation(op);
        if (op.slot() != Format.CRT_NO_SLOT) {
            out.append(" = $").append(op.slot());
        }
        String comment = comment(op);
        if (!comment.isEmpty()) {
            out.append(" ".repeat(Math.max(1, COMMENT_COLUMN - (out.length() - start))));
            out.append("# ").append(comment);
        }
        out.append('\n');
    }

    private String comment(Op op) {
        StringBuilder comment = new StringBuilder();
        program.label(op).ifPresent(comment::append);
        if (op.hasFlag(Format.CRT_OPF_MAY_FAIL)) {
            comment.append(" (may fail)");
        }
        if (op.hasFlag(Format.CRT_OPF_WARN)) {
            comment.append(" (or warn)");
        }
        if (op.exitCode() != 0) {
            comment.append(" (exit ").append(op.exitCode()).append(')');
        }
        return comment.toString().strip();
    }

    private void operation(Op op) {
        List<Arg> args = op.args();
        switch (op.code()) {
            case SYSCALL -> syscall(op);
            case FORK -> {
                out.append("fork(pid=").append(arg(args.get(0), ArgKind.NUMBER));
                out.append(", flags=").append(arg(args.get(1), ArgKind.CLONE));
                out.append(", report=").append(arg(args.get(2), ArgKind.NUMBER)).append(')');
            }
            case EXEC -> call("exec", args, ArgKind.DIRFD, ArgKind.TEXT);
            case EXPECT -> out.append("expect ").append(comparison(op));
            case SKIP -> out.append("unless ").append(comparison(op));
            case SET -> out.append("set ").append(arg(args.get(0), ArgKind.NUMBER));
            case IMAGE_DIR -> out.append("image_dir()");
            case SUPERVISE -> supervise(args);
            case WRITE ->
                out.append("write(")
                        .append(arg(args.get(0), ArgKind.NUMBER))
                        .append(", ")
                        .append(bytes(args.get(1), args.get(2)))
                        .append(", ")
                        .append(arg(args.get(2), ArgKind.NUMBER))
                        .append(')');
            case COPY -> call("copy", args, ArgKind.NUMBER, ArgKind.NUMBER, ArgKind.NUMBER);
            case STAGE -> call("stage", args, ArgKind.NUMBER);
        }
    }

    private void syscall(Op op) {
        Syscall call = Syscall.of(op.nr()).orElse(null);
        out.append(call == null ? "syscall_" + Integer.toUnsignedString(op.nr()) : call.title())
                .append('(');
        int count = used(op.args());
        for (int i = 0; i < count; i++) {
            ArgKind kind = call == null ? ArgKind.NUMBER : ArgKind.of(call, i, op.args());
            out.append(i == 0 ? "" : ", ").append(arg(op.args().get(i), kind));
        }
        out.append(')');
    }

    private void call(String name, List<Arg> args, ArgKind... kinds) {
        out.append(name).append('(');
        int count = used(args);
        for (int i = 0; i < count; i++) {
            out.append(i == 0 ? "" : ", ").append(arg(args.get(i), i < kinds.length ? kinds[i] : ArgKind.NUMBER));
        }
        out.append(')');
    }

    private static int used(List<Arg> args) {
        int count = args.size();
        while (count > 0 && args.get(count - 1).type() == ArgType.NONE) {
            count--;
        }
        return count;
    }

    private String comparison(Op op) {
        String left = arg(op.args().get(0), ArgKind.NUMBER);
        String right = arg(op.args().get(1), ArgKind.NUMBER);
        for (Comparison comparison : Comparison.values()) {
            if (comparison.value() == op.nr()) {
                return switch (comparison) {
                    case EQ -> left + " == " + right;
                    case NE -> left + " != " + right;
                    case LT -> left + " < " + right;
                    case GE -> left + " >= " + right;
                    case MEM_EQ ->
                        "memory " + left + " == " + right + " for "
                                + arg(op.args().get(2), ArgKind.NUMBER) + " bytes";
                };
            }
        }
        return left + " ? " + right;
    }

    private void supervise(List<Arg> args) {
        out.append("supervise(reports=")
                .append(arg(args.get(0), ArgKind.NUMBER))
                .append(", stages=");
        long count = args.get(2).value();
        long at = args.get(1).value();
        boolean shown = args.get(1).type() == ArgType.DATA && args.get(2).type() == ArgType.IMM;
        if (shown && count >= 0 && count < SHOWN_BYTES && fits(at, count * StageDescriptor.BYTES)) {
            out.append('[');
            for (int i = 0; i < count; i++) {
                var stage = program.data().buffer().position((int) at + i * StageDescriptor.BYTES);
                out.append(i == 0 ? "" : ", ").append("{go=").append(stage.getInt());
                out.append(", count=").append(stage.getInt()).append('}');
            }
            out.append(']');
        } else {
            out.append(arg(args.get(1), ArgKind.NUMBER));
        }
        out.append(", root=").append(arg(args.get(3), ArgKind.NUMBER));
        out.append(", detachable=").append(arg(args.get(4), ArgKind.NUMBER));
        if (args.get(5).type() != ArgType.NONE) {
            out.append(", upstream=").append(arg(args.get(5), ArgKind.NUMBER));
        }
        out.append(')');
    }

    private boolean fits(long offset, long length) {
        long size = program.data().length();
        return offset >= 0 && length >= 0 && offset <= size && length <= size - offset;
    }

    private String bytes(Arg address, Arg length) {
        if (address.type() != ArgType.DATA || length.type() != ArgType.IMM || !fits(address.value(), length.value())) {
            return arg(address, ArgKind.NUMBER);
        }
        int shown = (int) Math.min(length.value(), SHOWN_BYTES);
        String text = "\"" + program.slice((int) address.value(), shown) + "\"";
        return shown < length.value() ? text + "..." : text;
    }

    private String arg(Arg arg, ArgKind kind) {
        return switch (arg.type()) {
            case NONE -> "-";
            case IMM -> kind.format(arg.value());
            case DATA -> kind == ArgKind.TEXT ? "\"" + program.text((int) arg.value()) + "\"" : "data+" + arg.value();
            case SLOT -> "$" + arg.value();
            case SLOT_ADDR -> "&$" + arg.value();
            case OPTION -> "option " + option(arg.value());
            case NR_DIRFD -> "reserved";
        };
    }

    private static String option(long value) {
        for (TreeOption option : TreeOption.values()) {
            if (option.value() == value) {
                return option.name();
            }
        }
        return Long.toString(value);
    }
}
