// SPDX-License-Identifier: Apache-2.0
package org.crtools.model;

/**
 * A process that has ended and that its parent has not waited for.
 *
 * @param exitStatus as wait(2) gives it
 */
public record Zombie(Identity identity, int exitStatus) implements TreeProcess {}
