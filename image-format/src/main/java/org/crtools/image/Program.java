// SPDX-License-Identifier: Apache-2.0
package org.crtools.image;

import java.util.List;
import java.util.Optional;

/**
 * {@code struct crt_program}: a restore program. {@link ProgramBuilder} makes one.
 *
 * @param reportFd where failures go; -1 for standard error
 */
public record Program(int nrSlots, int reportFd, List<Op> ops, ByteString data) {
    public Program {
        ops = List.copyOf(ops);
    }

    /** The text that says what an operation is about. */
    public Optional<ByteString> label(Op op) {
        return op.label() == Format.CRT_NO_LABEL ? Optional.empty() : Optional.of(text(op.label()));
    }

    /** The bytes of the data from an offset to the next NUL. */
    public ByteString text(int offset) {
        int end = offset;
        while (end < data.length() && data.get(end) != 0) {
            end++;
        }
        return slice(offset, end - offset);
    }

    /** Some bytes of the data. */
    public ByteString slice(int offset, int length) {
        return ByteString.take(data.buffer().position(offset), length);
    }
}
