// SPDX-License-Identifier: Apache-2.0
package org.crtools.checkpoint;

import java.nio.file.Path;
import java.time.Duration;

/**
 * What is to be dumped, and how.
 *
 * @param root the tree's first process
 * @param folder of the checkpoint, which must not exist
 * @param shellJob the terminal and session that the tree shares with a shell are taken from whoever restores it
 * @param after what becomes of the tree when it is saved
 * @param timeout for threads to stop, once they were asked to
 */
public record DumpOptions(int root, Path folder, boolean shellJob, After after, Duration timeout) {
    /** What becomes of a tree that was dumped. */
    public enum After {
        KILL,
        RUN,
        STOP
    }
}
