// SPDX-License-Identifier: Apache-2.0
package org.crtools.model;

/**
 * A descriptor of a process.
 *
 * @param description index of what it is on in {@link Checkpoint#descriptions()}
 */
public record Descriptor(int number, int description, boolean closeOnExec) {}
