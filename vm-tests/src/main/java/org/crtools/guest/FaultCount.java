// SPDX-License-Identifier: Apache-2.0
package org.crtools.guest;

import java.util.ArrayList;
import java.util.List;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.TestReporter;

/**
 * Counts the faults that a test injects, and keeps what did not come out as it should; all are injected before it fails.
 * One that is not come to is not injected: it is counted for itself.
 */
public final class FaultCount {

    /** So many that the others say nothing new. */
    private static final int MAX_FAILURES = 20;

    private final List<String> failures = new ArrayList<>();
    private final List<String> missed = new ArrayList<>();
    private int injected;

    /** Injects one, and fails itself if that is not come to. */
    public void inject(String what, Runnable fault) {
        injectIfCome(what, () -> {
            fault.run();
            return true;
        });
    }

    /** Injects one, which tells whether it was come to. */
    public void injectIfCome(String what, BooleanSupplier fault) {
        if (failures.size() == MAX_FAILURES) {
            return;
        }
        try {
            if (fault.getAsBoolean()) {
                injected++;
            } else {
                missed.add(what);
            }
        } catch (AssertionError | RuntimeException wrong) {
            failures.add(what + ":\n" + wrong);
        }
    }

    /** Tells the host how many there were, and fails if one came out wrong, or if there was none. */
    public void tell(TestReporter reporter) {
        reporter.publishEntry("faults injected", Integer.toString(injected));
        reporter.publishEntry("faults that came out wrong", Integer.toString(failures.size()));
        if (!missed.isEmpty()) {
            reporter.publishEntry("faults not come to", Integer.toString(missed.size()));
            System.out.println("not come to:\n" + String.join("\n", missed));
        }
        if (!failures.isEmpty()) {
            throw new AssertionError(failures.size() + " faults came out wrong, " + injected + " did not:\n"
                    + String.join("\n", failures));
        }
        if (injected == 0) {
            throw new AssertionError("no fault was injected");
        }
    }
}
