// SPDX-License-Identifier: Apache-2.0
package org.crtools.model;

/** A process of the tree: one that lives, or one that has ended and was not waited for. */
public sealed interface TreeProcess permits LiveProcess, Zombie {
    Identity identity();

    default int pid() {
        return identity().pid();
    }
}
