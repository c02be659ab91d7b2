// SPDX-License-Identifier: Apache-2.0
package org.crtools.image;

import java.util.List;

/**
 * {@code struct crt_signals}.
 *
 * @param actions 64, that of signal n at n - 1
 * @param pending siginfo (128 bytes each) of signals queued to the process as a whole, in order
 */
public record Signals(List<SigAction> actions, List<ByteString> pending) {
    public Signals {
        actions = List.copyOf(actions);
        pending = List.copyOf(pending);
    }
}
