// SPDX-License-Identifier: Apache-2.0
package org.crtools.image;

import static org.crtools.image.Format.CRT_MAX_DATA;
import static org.crtools.image.Format.CRT_MAX_OPS;
import static org.crtools.image.Format.CRT_MAX_SLOTS;
import static org.crtools.image.Format.CRT_NO_LABEL;
import static org.crtools.image.Format.CRT_NO_SLOT;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/** Reads and writes the contents of a CRT_NT_PROGRAM note. */
final class ProgramCodec {
    private ProgramCodec() {}

    static ByteString encode(Program program) throws ImageTooBig {
        long dataSize = Elf.alignUp(program.data().length(), Long.BYTES);
        long data = ProgramDescriptor.BYTES + (long) program.ops().size() * OpDescriptor.BYTES;
        if (program.ops().size() > CRT_MAX_OPS) {
            throw new ImageTooBig("the restore program has more than " + CRT_MAX_OPS + " operations");
        }
        if (program.nrSlots() > CRT_MAX_SLOTS) {
            throw new ImageTooBig("the restore program has more than " + CRT_MAX_SLOTS + " slots");
        }
        if (dataSize > CRT_MAX_DATA) {
            throw new ImageTooBig("the data of the restore program take more than " + CRT_MAX_DATA + " bytes");
        }
        ByteBuffer desc = NoteEncoder.start(data + dataSize);
        desc.putInt(ProgramDescriptor.NR_OPS, program.ops().size());
        desc.putInt(ProgramDescriptor.NR_SLOTS, program.nrSlots());
        desc.putInt(ProgramDescriptor.DATA_SIZE, (int) dataSize);
        desc.putInt(ProgramDescriptor.REPORT_FD, program.reportFd());
        int at = ProgramDescriptor.BYTES;
        for (Op op : program.ops()) {
            put(desc, at, op);
            at += OpDescriptor.BYTES;
        }
        NoteEncoder.put(desc, at, program.data());
        return NoteEncoder.finish(desc);
    }

    private static void put(ByteBuffer desc, int at, Op op) {
        desc.putShort(at + OpDescriptor.CODE, (short) op.code().value());
        desc.putShort(at + OpDescriptor.FLAGS, (short) op.flags());
        desc.putInt(at + OpDescriptor.NR, op.nr());
        desc.putInt(at + OpDescriptor.SLOT, op.slot());
        desc.putInt(at + OpDescriptor.LABEL, op.label());
        desc.putInt(at + OpDescriptor.SKIP, op.skip());
        desc.putShort(at + OpDescriptor.PHASE, (short) op.phase().value());
        desc.putShort(at + OpDescriptor.EXIT_CODE, (short) op.exitCode());
        desc.putInt(at + OpDescriptor.THREAD, op.thread());
        int argAt = at + OpDescriptor.ARGS;
        for (Arg arg : op.args()) {
            desc.putInt(argAt + ArgDescriptor.TYPE, arg.type().value());
            desc.putLong(argAt + ArgDescriptor.VALUE, arg.value());
            argAt += ArgDescriptor.BYTES;
        }
    }

    static Program decode(ByteString contents) throws ImageException {
        Desc desc = new Desc("crt_program", contents, ProgramDescriptor.BYTES);
        int nrOps = desc.count(ProgramDescriptor.NR_OPS, "nr_ops", CRT_MAX_OPS);
        int nrSlots = desc.count(ProgramDescriptor.NR_SLOTS, "nr_slots", CRT_MAX_SLOTS);
        int dataSize = desc.count(ProgramDescriptor.DATA_SIZE, "data_size", CRT_MAX_DATA);
        long data = ProgramDescriptor.BYTES + (long) nrOps * OpDescriptor.BYTES;
        desc.expectSize(data + dataSize);
        List<Op> ops = new ArrayList<>(nrOps);
        for (int i = 0; i < nrOps; i++) {
            Op op = op(desc, ProgramDescriptor.BYTES + i * OpDescriptor.BYTES);
            check(op, i, nrOps, nrSlots, dataSize);
            ops.add(op);
        }
        ByteString bytes = desc.slice((int) data, dataSize);
        checkLabels(ops, bytes);
        return new Program(nrSlots, desc.s32(ProgramDescriptor.REPORT_FD), ops, bytes);
    }

    private static void checkLabels(List<Op> ops, ByteString data) throws CorruptImage {
        int lastNul = data.length() - 1;
        while (lastNul >= 0 && data.get(lastNul) != 0) {
            lastNul--;
        }
        for (int i = 0; i < ops.size(); i++) {
            int label = ops.get(i).label();
            if (label != CRT_NO_LABEL && (label < 0 || label > lastNul)) {
                throw bad(i, "has a label without an end");
            }
        }
    }

    private static Op op(Desc desc, int at) throws CorruptImage {
        desc.zero(at + OpDescriptor.RESERVED, "reserved");
        List<Arg> args = new ArrayList<>(Op.ARGS);
        for (int i = 0; i < Op.ARGS; i++) {
            int argAt = at + OpDescriptor.ARGS + i * ArgDescriptor.BYTES;
            desc.zero(argAt + ArgDescriptor.RESERVED, "reserved");
            ArgType type = ArgType.of(desc.s32(argAt + ArgDescriptor.TYPE));
            args.add(new Arg(type, desc.s64(argAt + ArgDescriptor.VALUE)));
        }
        return new Op(
                OpCode.of(desc.u16(at + OpDescriptor.CODE)),
                desc.u16(at + OpDescriptor.FLAGS),
                desc.s32(at + OpDescriptor.NR),
                desc.s32(at + OpDescriptor.SLOT),
                desc.s32(at + OpDescriptor.LABEL),
                desc.s32(at + OpDescriptor.SKIP),
                Phase.of(desc.u16(at + OpDescriptor.PHASE)),
                desc.u16(at + OpDescriptor.EXIT_CODE),
                desc.s32(at + OpDescriptor.THREAD),
                args);
    }

    private static void check(Op op, int index, int nrOps, int nrSlots, int dataSize) throws CorruptImage {
        if (op.slot() != CRT_NO_SLOT && Integer.compareUnsigned(op.slot(), nrSlots) >= 0) {
            throw bad(index, "has its result in a slot that does not exist");
        }
        if ((op.flags() & ~(Format.CRT_OPF_MAY_FAIL | Format.CRT_OPF_WARN)) != 0) {
            throw bad(index, "has unknown flags");
        }
        if (Integer.compareUnsigned(op.skip(), nrOps - index - 1) > 0) {
            throw bad(index, "leads behind the end of the program");
        }
        for (Arg arg : op.args()) {
            switch (arg.type()) {
                case NONE, IMM, OPTION, NR_DIRFD -> {}
                case DATA -> {
                    if (Long.compareUnsigned(arg.value(), dataSize) > 0) {
                        throw bad(index, "points outside the data");
                    }
                }
                case SLOT, SLOT_ADDR -> {
                    if (Long.compareUnsigned(arg.value(), nrSlots) >= 0) {
                        throw bad(index, "names a slot that does not exist");
                    }
                }
            }
        }
        if (op.code() == OpCode.EXPECT || op.code() == OpCode.SKIP) {
            Comparison.of(op.nr());
        }
    }

    private static CorruptImage bad(int index, String what) {
        return new CorruptImage("operation " + index + " of the restore program " + what);
    }
}
