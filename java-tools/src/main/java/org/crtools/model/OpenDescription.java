// SPDX-License-Identifier: Apache-2.0
package org.crtools.model;

import org.crtools.resource.Resource;

/**
 * An open file description, which descriptors of several processes may share.
 *
 * @param place its first descriptor, for messages: "pid 812 fd 7"
 * @param flags as open(2) takes them, without O_CLOEXEC
 * @param position file offset in bytes
 */
public record OpenDescription(String place, int firstNumber, int flags, long position, Resource resource) {}
