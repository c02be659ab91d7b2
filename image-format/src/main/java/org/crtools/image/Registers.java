// SPDX-License-Identifier: Apache-2.0
package org.crtools.image;

import java.nio.ByteBuffer;

/** General registers of a thread: struct user_regs_struct of sys/user.h, raw as ptrace(2) shows them. */
public record Registers(
        long r15,
        long r14,
        long r13,
        long r12,
        long rbp,
        long rbx,
        long r11,
        long r10,
        long r9,
        long r8,
        long rax,
        long rcx,
        long rdx,
        long rsi,
        long rdi,
        long origRax,
        long rip,
        long cs,
        long eflags,
        long rsp,
        long ss,
        long fsBase,
        long gsBase,
        long ds,
        long es,
        long fs,
        long gs) {
    /** Bytes in NT_PRSTATUS. */
    public static final int SIZE = 27 * 8;

    static Registers read(ByteBuffer in) {
        return new Registers(
                in.getLong(),
                in.getLong(),
                in.getLong(),
                in.getLong(),
                in.getLong(),
                in.getLong(),
                in.getLong(),
                in.getLong(),
                in.getLong(),
                in.getLong(),
                in.getLong(),
                in.getLong(),
                in.getLong(),
                in.getLong(),
                in.getLong(),
                in.getLong(),
                in.getLong(),
                in.getLong(),
                in.getLong(),
                in.getLong(),
                in.getLong(),
                in.getLong(),
                in.getLong(),
                in.getLong(),
                in.getLong(),
                in.getLong(),
                in.getLong());
    }
}
