// SPDX-License-Identifier: Apache-2.0
package org.crtools.resource;

import java.io.IOException;
import org.crtools.capture.ContentStore;

/**
 * Something without a path of its own that descriptions and mappings, often of several processes, are on: a pipe,
 * memory, an unlinked file. It is made anew, filled, and then opened as often as it was open.
 */
public sealed interface SharedObject permits Pipe, Fifo, SavedFile {
    /** "pipe", "memfd" … */
    String kind();

    /** What tells it from others of its kind, for people. */
    String detail();

    /** How many neighbouring temporary descriptors it wants while the tree is made. */
    default int width() {
        return 1;
    }

    /** Saves the contents. The processes that hold it are frozen. */
    void save(ContentStore store) throws IOException;

    /** Adds the operations that make and fill it, reachable by descriptor {@code target}, and the next ones. */
    void create(OpenContext context, int target);

    /**
     * Adds what may only be done when every process has opened it: its permissions may forbid that to its own owner,
     * who opened it before they were set.
     */
    default void finish(OpenContext context, int target) {}
}
