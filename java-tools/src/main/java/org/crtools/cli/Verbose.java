// SPDX-License-Identifier: Apache-2.0
package org.crtools.cli;

/** A command that tells more about failures when asked to. */
interface Verbose {
    boolean verbose();
}
