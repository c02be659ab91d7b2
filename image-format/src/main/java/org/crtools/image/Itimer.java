// SPDX-License-Identifier: Apache-2.0
package org.crtools.image;

/**
 * {@code struct crt_itimer}.
 *
 * @param valueNs nanoseconds until it fires, 0 when it is not armed
 */
public record Itimer(long valueNs, long intervalNs) {}
