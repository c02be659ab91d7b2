// SPDX-License-Identifier: Apache-2.0
package org.crtools.cli;

import java.util.Optional;
import org.crtools.fault.FaultInjector;
import org.crtools.sys.Host;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** An option for the tests of crtools itself: a step of the command goes wrong. Not shown by --help. */
final class FaultOption {
    @Spec(Spec.Target.MIXEE)
    private CommandSpec spec;

    @Option(
            names = "--fault",
            paramLabel = "WHAT",
            hidden = true,
            description = "list, kill@N, term@N, error@N or enospc@N: at the Nth step of the command.")
    private Optional<String> request = Optional.empty();

    boolean isPresent() {
        return request.isPresent();
    }

    /** The kernel, with the fault that is asked for. */
    Host load() {
        Host host = Host.load();
        if (request.isEmpty()) {
            return host;
        }
        return host.with(FaultInjector.of(
                        request.get(), host.processes(), spec.commandLine().getOut()::println)
                .orElseThrow(() -> new ParameterException(spec.commandLine(), "not a fault: " + request.get())));
    }
}
