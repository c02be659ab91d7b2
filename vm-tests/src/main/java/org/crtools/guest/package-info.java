// SPDX-License-Identifier: Apache-2.0
/**
 * The guest's side of the VM tests: the runner that drives JUnit inside the machine, and what the tests there share
 * (commands, workloads, views of /proc, the kernel's log). Everything here runs as root in a throw-away machine.
 */
package org.crtools.guest;
