// SPDX-License-Identifier: Apache-2.0
package org.crtools.cli;

import java.util.concurrent.Callable;
import picocli.CommandLine.Option;

/** A command that tells more about failures when asked to. */
abstract class Verbose implements Callable<Integer> {
    @Option(
            names = {"-v", "--verbose"},
            description = "Tell where a failure happened.")
    private boolean verbose;

    boolean verbose() {
        return verbose;
    }
}
