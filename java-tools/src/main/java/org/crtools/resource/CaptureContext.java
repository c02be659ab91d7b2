// SPDX-License-Identifier: Apache-2.0
package org.crtools.resource;

import java.io.IOException;
import org.crtools.sys.FileDescriptor;
import org.crtools.sys.FileStatus;
import org.crtools.sys.SystemCalls;

/** What recognising a resource may ask, and where it notes objects that others may share. */
public interface CaptureContext {
    SystemCalls calls();

    /** A descriptor of our own on the same open file description; the caller closes it. */
    FileDescriptor duplicate(OpenFile file) throws IOException;

    /** --shell-job: the terminal of the restored tree is its caller's. */
    boolean shellJob();

    /** Whether a terminal, by its device number, controls a process of the tree. */
    boolean controls(int terminal);

    /**
     * The index of the object that is this file, noted now when it was not yet.
     *
     * @param make gets the index
     */
    int object(FileStatus identity, ObjectMaker make) throws IOException;

    /** Makes the object with a given index. */
    @FunctionalInterface
    interface ObjectMaker {
        SharedObject make(int index) throws IOException;
    }
}
