// SPDX-License-Identifier: Apache-2.0
package org.crtools.model;

import org.crtools.image.ByteString;

/**
 * Where a process stands in its tree. Numbers are those of the pid namespace that crtools runs in.
 *
 * @param parent 0 for the root of the tree
 */
public record Identity(int pid, int parent, int group, int session, ByteString name) {}
