// SPDX-License-Identifier: Apache-2.0
package org.crtools.resource;

import java.util.OptionalInt;
import org.crtools.model.OpenDescription;

/** What an open file description is of. Each kind's file holds all that crtools knows about it. */
public sealed interface Resource
        permits RegularFile, PathOnly, Directory, Device, Terminal, Pipe.End, Fifo.End, ClosedSocket, Reopened {
    /** "regular file", "pipe" … */
    String kind();

    /** The path or what else tells it from others of its kind, for people. */
    String detail();

    /** The index of the {@link SharedObject} that must have been made first. */
    default OptionalInt object() {
        return OptionalInt.empty();
    }

    /** Adds the operations that open it again as descriptor {@code target}, not close-on-exec. */
    void open(OpenContext context, OpenDescription description, int target);
}
