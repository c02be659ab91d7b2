// SPDX-License-Identifier: Apache-2.0
package org.crtools.image;

/** What an operation of a restore program does. {@code enum crt_op_code} in crtools_format.h. */
public enum OpCode {
    SYSCALL(1),
    FORK(2),
    EXEC(3),
    EXPECT(4),
    SET(5),
    IMAGE_DIR(6),
    SUPERVISE(7),
    WRITE(8),
    COPY(9),
    SKIP(10),
    STAGE(11);

    private static final OpCode[] VALUES = values();

    private final int value;

    OpCode(int value) {
        this.value = value;
    }

    /** The number in the image. */
    public int value() {
        return value;
    }

    static OpCode of(int value) throws CorruptImage {
        for (OpCode candidate : VALUES) {
            if (candidate.value == value) {
                return candidate;
            }
        }
        throw new CorruptImage("unknown crt_op_code " + Integer.toUnsignedString(value));
    }
}
