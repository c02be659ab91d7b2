// SPDX-License-Identifier: Apache-2.0
package org.crtools.model;

import java.util.List;
import org.crtools.resource.SharedObject;

/**
 * A captured tree.
 *
 * @param createdNs CLOCK_REALTIME of the dump
 * @param foregroundGroup process group of the tree that was in the foreground of its terminal, 0 for none
 * @param processes parents before their children, the root first
 */
public record Checkpoint(
        long createdNs,
        String release,
        boolean shellJob,
        int foregroundGroup,
        List<TreeProcess> processes,
        List<OpenDescription> descriptions,
        List<SharedObject> objects) {
    public Checkpoint {
        processes = List.copyOf(processes);
        descriptions = List.copyOf(descriptions);
        objects = List.copyOf(objects);
    }

    public TreeProcess root() {
        return processes.get(0);
    }

    /** The processes that live. */
    public List<LiveProcess> live() {
        return processes.stream()
                .filter(LiveProcess.class::isInstance)
                .map(LiveProcess.class::cast)
                .toList();
    }
}
