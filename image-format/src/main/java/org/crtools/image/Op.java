// SPDX-License-Identifier: Apache-2.0
package org.crtools.image;

import java.util.List;

/**
 * {@code struct crt_op}: an operation of a restore program.
 *
 * @param flags {@code CRT_OPF_*}
 * @param nr SYSCALL: its number; EXPECT and SKIP: {@link Comparison#value()}
 * @param slot receives the result, or {@code CRT_NO_SLOT}
 * @param label offset of a NUL-terminated text in the data, or {@code CRT_NO_LABEL}
 * @param skip FORK and SKIP: how many operations
 * @param exitCode of the tree image when this operation fails; 0 stands for 1
 * @param thread THREAD phase: its index or {@code CRT_ALL_THREADS}
 * @param args always six
 */
public record Op(
        OpCode code,
        int flags,
        int nr,
        int slot,
        int label,
        int skip,
        Phase phase,
        int exitCode,
        int thread,
        List<Arg> args) {
    /** How many operands an operation has room for. */
    public static final int ARGS = 6;

    public Op {
        args = List.copyOf(args);
        if (args.size() != ARGS) {
            throw new IllegalArgumentException("an operation has " + ARGS + " operands, not " + args.size());
        }
    }

    public boolean hasFlag(int flag) {
        return (flags & flag) != 0;
    }
}
