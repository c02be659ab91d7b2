// SPDX-License-Identifier: Apache-2.0
package org.crtools.cli;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Locale;
import org.crtools.CrtoolsException;
import org.crtools.checkpoint.DumpOptions;
import org.crtools.checkpoint.DumpResult;
import org.crtools.checkpoint.Dumper;
import org.crtools.model.Json;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** crtools dump */
@Command(
        name = "dump",
        description = "Saves a process and all its descendants. They are killed then, unless an option says otherwise.",
        mixinStandardHelpOptions = true)
final class DumpCommand extends Verbose {
    @Spec
    private CommandSpec spec;

    @Parameters(arity = "0..1", paramLabel = "PID", description = "The first process of the tree.")
    private Integer pid;

    @Option(
            names = {"-t", "--tree"},
            paramLabel = "PID",
            description = "The same as an option.")
    private Integer tree;

    @Option(
            names = {"-D", "--images-dir"},
            paramLabel = "DIR",
            description = "The folder to be made; crtools-PID without this option.")
    private Path folder;

    @Option(
            names = {"-R", "--leave-running"},
            description = "Let the tree go on.")
    private boolean leaveRunning;

    @Option(
            names = {"-s", "--leave-stopped"},
            description = "Leave the tree stopped, as by SIGSTOP.")
    private boolean leaveStopped;

    @Option(
            names = {"-j", "--shell-job"},
            description = "The tree shares its session and terminal with a shell; who restores it gives it his.")
    private boolean shellJob;

    @Option(
            names = "--timeout",
            paramLabel = "SECONDS",
            defaultValue = "10",
            description = "How long to wait for all threads to stop (default: ${DEFAULT-VALUE}).")
    private int timeout;

    @Mixin
    private FaultOption faults;

    @Option(names = "--json", description = "Tell what was done as JSON.")
    private boolean json;

    @Override
    public Integer call() throws CrtoolsException {
        DumpOptions options = options();
        DumpResult result;
        try (TerminalProgress progress = TerminalProgress.start()) {
            result = new Dumper(faults.load(), progress).dump(options);
        }
        if (json) {
            spec.commandLine()
                    .getOut()
                    .print(Json.pretty(Json.object(
                            "folder", result.folder().toString(),
                            "processes", result.processes(),
                            "threads", result.threads(),
                            "bytes", result.bytes(),
                            "frozen_ms", result.frozenMillis(),
                            "total_ms", result.totalMillis())));
        } else {
            spec.commandLine()
                    .getOut()
                    .println(String.format(
                            Locale.ROOT,
                            "%s: %d processes, %d threads, %.1f MiB, frozen for %d ms",
                            result.folder(),
                            result.processes(),
                            result.threads(),
                            result.bytes() / 1048576.0,
                            result.frozenMillis()));
        }
        spec.commandLine().getOut().flush();
        return 0;
    }

    private DumpOptions options() {
        if ((pid == null) == (tree == null)) {
            throw new ParameterException(spec.commandLine(), "give one PID");
        }
        if (leaveRunning && leaveStopped) {
            throw new ParameterException(spec.commandLine(), "--leave-running and --leave-stopped exclude each other");
        }
        int root = pid == null ? tree : pid;
        if (root <= 0) {
            throw new ParameterException(spec.commandLine(), "not a PID: " + root);
        }
        DumpOptions.After after =
                leaveRunning ? DumpOptions.After.RUN : leaveStopped ? DumpOptions.After.STOP : DumpOptions.After.KILL;
        Path target = folder == null ? UserPath.of("crtools-" + root) : folder;
        return new DumpOptions(root, target, shellJob, after, Duration.ofSeconds(timeout));
    }
}
