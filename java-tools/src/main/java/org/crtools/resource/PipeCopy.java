// SPDX-License-Identifier: Apache-2.0
package org.crtools.resource;

import org.crtools.sys.FileDescriptor;
import org.crtools.sys.SystemCallException;
import org.crtools.sys.SystemCalls;

/** A pipe of our own with what is in another, borders of packets included. */
final class PipeCopy implements AutoCloseable {
    private final SystemCalls calls;
    private final String place;
    private final FileDescriptor readEnd;
    private final FileDescriptor writeEnd;

    private PipeCopy(SystemCalls calls, String place, FileDescriptor readEnd, FileDescriptor writeEnd) {
        this.calls = calls;
        this.place = place;
        this.readEnd = readEnd;
        this.writeEnd = writeEnd;
    }

    static PipeCopy of(SystemCalls calls, FileDescriptor pipe, String place, int capacity) throws SystemCallException {
        FileDescriptor[] ends = calls.pipe();
        PipeCopy copy = new PipeCopy(calls, place, ends[0], ends[1]);
        calls.setPipeSize(ends[1], place, capacity);
        calls.tee(pipe, ends[1], place, Integer.MAX_VALUE);
        return copy;
    }

    int available() throws SystemCallException {
        return calls.available(readEnd, place);
    }

    byte[] read(int length) throws SystemCallException {
        return length == 0 ? new byte[0] : calls.read(readEnd, place, length);
    }

    void skip(int chunks, int capacity) throws SystemCallException {
        for (int i = 0; i < chunks; i++) {
            read(capacity);
        }
    }

    @Override
    public void close() {
        readEnd.close();
        writeEnd.close();
    }
}
