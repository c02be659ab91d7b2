// SPDX-License-Identifier: Apache-2.0
package org.crtools.resource;

import java.io.IOException;
import org.crtools.capture.ContentStore;

/** A file that nothing but its holders keeps: its bytes are saved, holes left out, and loaded into a new one. */
sealed interface SavedFile extends SharedObject permits UnlinkedFile, MemoryFile, AnonymousMemory {
    int index();

    /** Who held it, for messages: {@code pid 812 fd 7}. */
    String place();

    /** A path it can be opened by as long as the tree is frozen. */
    String source();

    /** In bytes. */
    long size();

    /** What the names of such files in the checkpoint begin with. */
    String stem();

    private String content() {
        return stem() + "-" + index() + ".data";
    }

    @Override
    default void save(ContentStore store) throws IOException {
        store.saveFile(source(), place(), size(), content());
    }

    /** Adds the operations that load the bytes, once {@code target} is the new file. */
    default void load(OpenContext context, int target) {
        Opening.load(context, content(), target, 0);
    }
}
