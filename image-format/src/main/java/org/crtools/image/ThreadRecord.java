// SPDX-License-Identifier: Apache-2.0
package org.crtools.image;

/**
 * One thread, out of the notes from its NT_PRSTATUS up to the next thread's.
 *
 * @param prstatus contents of NT_PRSTATUS, 336 bytes
 * @param registers the registers in it
 * @param fpregset contents of NT_FPREGSET, empty when the image has none
 * @param xstate contents of NT_X86_XSTATE, empty when the image has none
 */
public record ThreadRecord(
        ThreadState state, ByteString prstatus, Registers registers, ByteString fpregset, ByteString xstate) {}
