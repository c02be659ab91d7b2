// SPDX-License-Identifier: Apache-2.0
package org.crtools.plan;

import java.util.Map;
import org.crtools.image.Program;

/**
 * The programs of a checkpoint.
 *
 * @param cores by pid
 */
public record TreePrograms(Program tree, Map<Integer, Core> cores) {
    /**
     * What is added to a core image.
     *
     * @param descriptors by address of a mapping: the inherited descriptor that it is made from
     */
    public record Core(Program program, Map<Long, Integer> descriptors) {}
}
