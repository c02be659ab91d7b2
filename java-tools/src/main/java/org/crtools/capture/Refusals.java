// SPDX-License-Identifier: Apache-2.0
package org.crtools.capture;

import java.util.ArrayList;
import java.util.List;
import org.crtools.model.Refusal;

/** Collects everything that cannot be captured, so that all of it is told at once. */
public final class Refusals {
    private final List<Refusal> found = new ArrayList<>();

    void add(String place, String kind) {
        Refusal refusal = new Refusal(place, kind);
        if (!found.contains(refusal)) {
            found.add(refusal);
        }
    }

    public boolean isEmpty() {
        return found.isEmpty();
    }

    public List<Refusal> list() {
        return List.copyOf(found);
    }
}
