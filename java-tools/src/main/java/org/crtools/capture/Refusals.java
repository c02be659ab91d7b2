// SPDX-License-Identifier: Apache-2.0
package org.crtools.capture;

import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.crtools.model.Refusal;

/** Collects everything that cannot be captured, so that all of it is told at once. */
public final class Refusals {
    private final Set<Refusal> found = new LinkedHashSet<>();

    void add(String place, String kind) {
        found.add(new Refusal(place, kind));
    }

    public boolean isEmpty() {
        return found.isEmpty();
    }

    public List<Refusal> list() {
        return List.copyOf(found);
    }
}
