// SPDX-License-Identifier: Apache-2.0
package org.crtools.resource;

import static org.crtools.image.Arg.imm;
import static org.crtools.image.Arg.slot;

import org.crtools.ExitCode;
import org.crtools.image.Arg;
import org.crtools.image.ByteString;
import org.crtools.image.Comparison;
import org.crtools.image.OpBuilder;
import org.crtools.image.ProgramBuilder;
import org.crtools.image.Syscall;
import org.crtools.sys.SystemCalls;

/** Operations that several kinds of resources need. Results pass through the context's scratch slot. */
final class Opening {
    private static final int SEEK_SET = 0;
    private static final int F_SETFL = 4;
    private static final int PERMISSIONS = 07777;
    private static final int STAT_SIZE = 144;
    private static final int STAT_MODE = 24;
    private static final int STAT_RDEV = 40;
    private static final int STAT_LENGTH = 48;
    private static final int S_IFMT = 0170000;
    /** From one type to the next in the second byte of the mode. */
    private static final int TYPE_STEP = 0x10;

    private static final int PR_SET_NAME = 15;
    private static final int PR_GET_NAME = 16;
    /** What fcntl(F_SETFL) can change. */
    private static final int SETTABLE =
            SystemCalls.O_APPEND | SystemCalls.O_NONBLOCK | SystemCalls.O_DIRECT | SystemCalls.O_NOATIME;

    private Opening() {}

    /** Opens a path; the descriptor is in the scratch slot. */
    static OpBuilder open(OpenContext context, ByteString path, int flags) {
        ProgramBuilder program = context.program();
        return program.syscall(
                        Syscall.OPENAT,
                        imm(SystemCalls.AT_FDCWD),
                        program.text(path),
                        imm(flags & ~SystemCalls.O_CLOEXEC | SystemCalls.O_NOCTTY),
                        imm(0))
                .into(context.slot())
                .exitCode(ExitCode.CHANGED.value());
    }

    /** Opens anew what is at a descriptor of this process. */
    static void reopen(OpenContext context, int descriptor, int flags) {
        open(context, ByteString.of("/proc/self/fd/" + descriptor), flags & ~SystemCalls.O_NOFOLLOW);
    }

    /** Moves the descriptor in the scratch slot to its place. */
    static void moveTo(OpenContext context, int target) {
        context.program().syscall(Syscall.DUP3, slot(context.slot()), imm(target), imm(0));
        context.program().syscall(Syscall.CLOSE, slot(context.slot()));
    }

    static void seek(OpenContext context, long position) {
        if (position != 0) {
            context.program().syscall(Syscall.LSEEK, slot(context.slot()), imm(position), imm(SEEK_SET));
        }
    }

    static void setFlags(OpenContext context, int descriptor, int flags) {
        context.program().syscall(Syscall.FCNTL, imm(descriptor), imm(F_SETFL), imm(flags & SETTABLE));
    }

    /** Gives something new without a name to whom it belonged: else a program that is not root could not open it again. */
    static void setOwner(OpenContext context, int descriptor, int uid, int gid, int mode) {
        context.program().syscall(Syscall.FCHOWN, descriptor, uid, gid).warn().label("owner of what has no name");
        context.program().syscall(Syscall.FCHMOD, descriptor, mode & PERMISSIONS);
    }

    /** Fails with {@link ExitCode#CHANGED} when the open file has another size than at the dump. */
    static void expectSize(OpenContext context, long size, String label) {
        expect(context, STAT_LENGTH, context.program().longs(size), Long.BYTES, label);
    }

    /**
     * Fails with {@link ExitCode#CHANGED} when the open file is of another type (S_IFMT of the mode). In the type's byte
     * are permissions too, which may have changed meanwhile. Then it has to be looked at as a number, and what brings a
     * byte into a variable is the name of a process (prctl(2)), which is nothing yet.
     */
    static void expectType(OpenContext context, int mode, String label) {
        ProgramBuilder program = context.program();
        int type = (mode & S_IFMT) >>> 8;
        Arg typeByte = Arg.data((int) status(context).value() + STAT_MODE + 1);
        program.skipIfSame(typeByte, program.ints(mode >>> 8 & 0xff), 1, body -> {
            int found = context.spareSlots();
            body.syscall(Syscall.PRCTL, imm(PR_SET_NAME), typeByte);
            body.syscall(Syscall.PRCTL, imm(PR_GET_NAME), Arg.slotAddress(found));
            body.expect(slot(found), Comparison.GE, imm(type)).label(label).exitCode(ExitCode.CHANGED.value());
            body.expect(slot(found), Comparison.LT, imm(type + TYPE_STEP))
                    .label(label)
                    .exitCode(ExitCode.CHANGED.value());
        });
    }

    /** Fails when the open file does not stand for that device. */
    static void expectDevice(OpenContext context, long device, String label) {
        expect(context, STAT_RDEV, context.program().longs(device), Long.BYTES, label);
    }

    private static void expect(OpenContext context, int at, Arg wanted, int size, String label) {
        Arg found = Arg.data((int) status(context).value() + at);
        context.program().expectSame(found, wanted, size).label(label).exitCode(ExitCode.CHANGED.value());
    }

    /** Adds the operation that gets the status of the open file; gives where it is then. */
    private static Arg status(OpenContext context) {
        Arg stat = context.program().room(STAT_SIZE);
        context.program().syscall(Syscall.FSTAT, slot(context.slot()), stat);
        return stat;
    }

    /** Copies a content file of the checkpoint; {@code toOffset} -1 for the position (pipes). */
    static void load(OpenContext context, String content, int descriptor, long toOffset) {
        ProgramBuilder program = context.program();
        program.syscall(
                        Syscall.OPENAT,
                        context.imageDirectory(),
                        program.text(content),
                        imm(SystemCalls.O_RDONLY | SystemCalls.O_NOFOLLOW),
                        imm(0))
                .into(context.slot());
        program.copy(slot(context.slot()), 0, -1, imm(descriptor), toOffset);
        program.syscall(Syscall.CLOSE, slot(context.slot()));
    }
}
