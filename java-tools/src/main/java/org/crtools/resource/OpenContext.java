// SPDX-License-Identifier: Apache-2.0
package org.crtools.resource;

import org.crtools.image.Arg;
import org.crtools.image.ProgramBuilder;

/** The process of the tree image that opens things: its program and what stands ready in it. */
public interface OpenContext {
    ProgramBuilder program();

    /** A variable for results that are used at once; this process's own. */
    int slot();

    /** Two neighbouring ones, of no other use. */
    int spareSlots();

    /** A descriptor of the checkpoint's folder. */
    Arg imageDirectory();

    /** The first descriptor of an object that was made before. */
    int objectDescriptor(int object);

    /** The first of three descriptors that hold the caller's standard input, output and error. */
    int callerDescriptors();

    /** A variable: the caller's terminal as a descriptor, -1 when it has none. */
    int terminalSlot();
}
