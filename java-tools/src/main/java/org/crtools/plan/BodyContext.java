// SPDX-License-Identifier: Apache-2.0
package org.crtools.plan;

import static org.crtools.image.Arg.imm;

import org.crtools.image.Arg;
import org.crtools.image.ProgramBuilder;
import org.crtools.resource.OpenContext;

/** A process of the tree image, for the resources that it opens. */
record BodyContext(
        ProgramBuilder program, int slot, int spareSlots, Numbers numbers, DescriptorPlan descriptors, int terminalSlot)
        implements OpenContext {
    @Override
    public Arg imageDirectory() {
        return imm(numbers.imageDirectory());
    }

    @Override
    public int objectDescriptor(int object) {
        return descriptors.objectNumber(object);
    }

    @Override
    public int callerDescriptors() {
        return numbers.callerDescriptors();
    }
}
