// SPDX-License-Identifier: Apache-2.0
package org.crtools.checkpoint;

import java.nio.file.Path;

/**
 * A finished dump.
 *
 * @param frozenMillis how long the tree did not run, or until it was killed
 * @param bytes that its files take on disk
 */
public record DumpResult(Path folder, int processes, int threads, long bytes, long frozenMillis, long totalMillis) {}
