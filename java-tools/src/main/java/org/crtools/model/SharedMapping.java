// SPDX-License-Identifier: Apache-2.0
package org.crtools.model;

/**
 * A mapping of an object that the tree image makes.
 *
 * @param start its first address
 * @param object index in {@link Checkpoint#objects()}
 * @param writable whether it can be made writable and shared, so that it needs a descriptor open for writing
 * @param copyOnWrite a private mapping: pages that were written are in the core image
 */
public record SharedMapping(long start, int object, boolean writable, boolean copyOnWrite) {}
