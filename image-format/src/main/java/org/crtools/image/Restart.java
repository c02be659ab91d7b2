// SPDX-License-Identifier: Apache-2.0
package org.crtools.image;

/**
 * The interrupted call of a thread, the {@code restart_*} fields of {@code struct crt_thread}.
 *
 * @param clock clockid of the NANOSLEEP kinds
 * @param type NANOSLEEP: 1 when {@code ptr} is a timespec to be written
 * @param flags FUTEX: flags; POLL: nfds
 * @param ptr NANOSLEEP: rmtp; FUTEX: uaddr; POLL: ufds
 * @param value FUTEX: val
 * @param remainingNs nanoseconds left at {@link Header#monotonicNs()}
 */
public record Restart(
        RestartKind kind,
        int clock,
        int type,
        int flags,
        long ptr,
        long value,
        int bitset,
        int hasTimeout,
        long remainingNs) {
    public static final Restart NONE = new Restart(RestartKind.NONE, 0, 0, 0, 0, 0, 0, 0, 0);
}
