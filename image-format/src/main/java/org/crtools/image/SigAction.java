// SPDX-License-Identifier: Apache-2.0
package org.crtools.image;

/** {@code struct crt_sigaction}, as rt_sigaction(2) takes it on x86-64. */
public record SigAction(long handler, long flags, long restorer, long mask) {}
