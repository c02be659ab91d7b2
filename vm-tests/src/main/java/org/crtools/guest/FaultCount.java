// SPDX-License-Identifier: Apache-2.0
package org.crtools.guest;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.TestReporter;

/** Counts faults that a test injects, and keeps what did not come out as it should; all are injected before it fails. */
public final class FaultCount {

    /** So many that the others say nothing new. */
    private static final int MAX_FAILURES = 20;

    private final List<String> failures = new ArrayList<>();
    private int injected;

    /** Injects one. */
    public void inject(String what, Runnable fault) {
        if (failures.size() == MAX_FAILURES) {
            return;
        }
        injected++;
        try {
            fault.run();
        } catch (AssertionError | RuntimeException wrong) {
            failures.add(what + ":\n" + wrong);
        }
    }

    /** Tells the host how many there were, and fails if one came out wrong. */
    public void tell(TestReporter reporter) {
        reporter.publishEntry("faults injected", Integer.toString(injected));
        reporter.publishEntry("faults that came out wrong", Integer.toString(failures.size()));
        if (!failures.isEmpty()) {
            throw new AssertionError(failures.size() + " of " + injected + " faults:\n" + String.join("\n", failures));
        }
    }
}
