// SPDX-License-Identifier: Apache-2.0
package org.crtools.sys;

/** A descriptor of this process, closed with the object. */
public final class FileDescriptor implements AutoCloseable {
    private final SystemCalls calls;
    private int number;

    FileDescriptor(SystemCalls calls, int number) {
        this.calls = calls;
        this.number = number;
    }

    public int number() {
        if (number < 0) {
            throw new IllegalStateException("closed");
        }
        return number;
    }

    @Override
    public void close() {
        if (number >= 0) {
            calls.close(number);
            number = -1;
        }
    }
}
