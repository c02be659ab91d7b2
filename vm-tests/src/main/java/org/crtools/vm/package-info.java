// SPDX-License-Identifier: Apache-2.0
/** The host's side of the VM tests: the kernel list, machines, and the host-side view of the tests inside them. */
package org.crtools.vm;
