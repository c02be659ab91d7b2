// SPDX-License-Identifier: Apache-2.0
package org.crtools.image;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/** An operation of a {@link ProgramBuilder}, to be completed. */
public final class OpBuilder {
    private final ProgramData data;
    private final OpCode code;
    private final int nr;
    private final Phase phase;
    private final int thread;
    private final List<Arg> args;
    private int flags;
    private int slot = Format.CRT_NO_SLOT;
    private int label;
    private int skip;
    private int exitCode;

    OpBuilder(ProgramData data, OpCode code, int nr, Phase phase, int thread, Arg... args) {
        this.data = data;
        this.code = code;
        this.nr = nr;
        this.phase = phase;
        this.thread = thread;
        this.args = new ArrayList<>(List.of(args));
        this.args.addAll(Collections.nCopies(Op.ARGS - args.length, Arg.NONE));
    }

    /** The slot that receives the result. */
    public OpBuilder into(int resultSlot) {
        slot = resultSlot;
        return this;
    }

    /** What the operation is about, such as "pid 812 fd 7: pipe". */
    public OpBuilder label(String text) {
        return label(data.text(ByteString.of(text)));
    }

    OpBuilder label(int offset) {
        label = offset;
        return this;
    }

    /** The result is only stored, a failure is none. */
    public OpBuilder mayFail() {
        flags |= Format.CRT_OPF_MAY_FAIL;
        return this;
    }

    /** A failure is told once for each label, and does not end anything. */
    public OpBuilder warn() {
        flags |= Format.CRT_OPF_WARN;
        return this;
    }

    /** The exit code of the tree image when this operation fails. */
    public OpBuilder exitCode(int value) {
        exitCode = value;
        return this;
    }

    void skip(int count) {
        skip = count;
    }

    Op build() {
        return new Op(code, flags, nr, slot, label, skip, phase, exitCode, thread, args);
    }
}
