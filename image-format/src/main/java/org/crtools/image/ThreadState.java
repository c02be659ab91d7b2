// SPDX-License-Identifier: Apache-2.0
package org.crtools.image;

import java.util.List;

/**
 * {@code struct crt_thread}: what a thread is beside its registers.
 *
 * @param tid as the process itself saw it
 * @param flags {@code CRT_THR_*}
 * @param sigmask bit n-1: signal n is blocked
 * @param altstackFlags as sigaltstack(2) takes them
 * @param rseqLen bytes, 0 when not registered
 * @param pending siginfo (128 bytes each) of signals queued to this thread, in order
 * @param robustList head, 0 for none
 * @param timerSlackNs nanoseconds
 * @param comm name, at most 15 bytes
 */
public record ThreadState(
        int tid,
        int flags,
        long sigmask,
        long savedSigmask,
        long altstackSp,
        long altstackSize,
        int altstackFlags,
        int rseqLen,
        long rseqPtr,
        int rseqSig,
        List<ByteString> pending,
        long robustList,
        long robustListLen,
        long clearChildTid,
        Restart restart,
        int pdeathSignal,
        int securebits,
        int noNewPrivs,
        long timerSlackNs,
        ByteString comm) {
    public ThreadState {
        pending = List.copyOf(pending);
    }
}
