// SPDX-License-Identifier: Apache-2.0
package org.crtools.image;

/** {@code struct crt_arg}: an operand. */
public record Arg(ArgType type, long value) {
    public static final Arg NONE = new Arg(ArgType.NONE, 0);

    public static Arg imm(long value) {
        return new Arg(ArgType.IMM, value);
    }

    /** The address of the program's data plus an offset. */
    public static Arg data(int offset) {
        return new Arg(ArgType.DATA, offset);
    }

    /** What stands in a slot when the operation runs. */
    public static Arg slot(int slot) {
        return new Arg(ArgType.SLOT, slot);
    }

    public static Arg slotAddress(int slot) {
        return new Arg(ArgType.SLOT_ADDR, slot);
    }

    /** 1 if the image was started with that option, else 0. */
    public static Arg option(TreeOption option) {
        return new Arg(ArgType.OPTION, option.value());
    }
}
