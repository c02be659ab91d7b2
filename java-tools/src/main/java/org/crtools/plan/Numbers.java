// SPDX-License-Identifier: Apache-2.0
package org.crtools.plan;

import org.crtools.model.Checkpoint;
import org.crtools.model.Descriptor;
import org.crtools.model.LiveProcess;

/**
 * Descriptor numbers that the tree image uses for itself, all above those that the tree's processes have. In every
 * process the numbers from 3 up to these are free until its own descriptors are put in place.
 */
record Numbers(int base) {
    /** The least number, so that a new descriptor never lands among these. */
    private static final int LEAST = 16;

    private static final int MARGIN = 8;

    static final int FIRST_FREE = 3;
    static final int SECOND_FREE = 4;
    static final int STAGES = 3;

    static Numbers of(Checkpoint checkpoint) {
        int highest = checkpoint.live().stream()
                .map(LiveProcess::descriptors)
                .flatMap(java.util.List::stream)
                .mapToInt(Descriptor::number)
                .max()
                .orElse(0);
        return new Numbers(Math.max(LEAST, highest + 1 + MARGIN));
    }

    int imageDirectory() {
        return base;
    }

    int reportRead() {
        return base + 1;
    }

    int reportWrite() {
        return base + 2;
    }

    /** The end that processes read their go from; stages are counted from 0. */
    int stageRead(int stage) {
        return base + 3 + 2 * stage;
    }

    int stageWrite(int stage) {
        return base + 4 + 2 * stage;
    }

    /** Three: the caller's standard input, output and error. */
    int callerDescriptors() {
        return base + 9;
    }

    int terminal() {
        return base + 12;
    }

    /** The report pipe of the outer supervisor, when there is one: reading end, then writing end. */
    int upstreamRead() {
        return base + 13;
    }

    int upstreamWrite() {
        return base + 14;
    }

    /** There when the root is left alone by the supervisor that is its parent. */
    int orphan() {
        return base + 15;
    }

    /** From here on: objects and descriptions on their way to their places. */
    int firstTemporary() {
        return base + 16;
    }
}
