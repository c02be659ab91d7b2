// SPDX-License-Identifier: Apache-2.0
package org.crtools.image;

/**
 * {@code struct crt_posix_timer}.
 *
 * @param sigevNotify SIGEV_SIGNAL, SIGEV_NONE or SIGEV_THREAD_ID
 * @param value sigev_value
 * @param tid for SIGEV_THREAD_ID
 * @param valueNs nanoseconds until it fires, 0 when it is not armed
 */
public record PosixTimer(
        int id,
        int clock,
        int sigevNotify,
        int signo,
        long value,
        int tid,
        int overrun,
        long valueNs,
        long intervalNs) {}
