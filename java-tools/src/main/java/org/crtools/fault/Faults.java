// SPDX-License-Identifier: Apache-2.0
package org.crtools.fault;

import org.crtools.sys.SystemCallException;

/** What happens at the {@link FaultPoint fault points}: nothing, unless a test wants a failure there. */
@FunctionalInterface
public interface Faults {
    /** Nothing happens. */
    Faults NONE = point -> {};

    /**
     * A step was taken. Threads may call this at the same time.
     *
     * @throws SystemCallException the failure that a test has asked for
     */
    void pass(FaultPoint point) throws SystemCallException;
}
