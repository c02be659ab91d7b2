// SPDX-License-Identifier: Apache-2.0
package org.crtools.checkpoint;

/** Is told what a command is busy with. */
@FunctionalInterface
public interface Progress {
    /** Tells nobody. */
    Progress SILENT = step -> {};

    /** A step begins: "freezing", "saving pid 812 (3 of 10)". */
    void step(String step);
}
