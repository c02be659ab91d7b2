// SPDX-License-Identifier: Apache-2.0
package org.crtools.cli;

import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.crtools.CrtoolsException;
import org.crtools.ExitCode;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** The crtools command. */
@Command(
        name = "crtools",
        description = "Saves a running process tree into a folder of executable images, and brings it back.",
        mixinStandardHelpOptions = true,
        versionProvider = Main.Version.class,
        synopsisSubcommandLabel = "COMMAND",
        subcommands = {DumpCommand.class, RestoreCommand.class, ExecCommand.class, CheckCommand.class, ShowCommand.class
        },
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {
            "0:done",
            "1:failed",
            "2:wrong usage",
            "3:something of the tree cannot be captured",
            "4:no permission",
            "5:image damaged, truncated or of another version",
            "6:image of another kind of machine",
            "7:the kernel module is not loaded, or its entries are hidden",
            "8:no such process, or it will not stop",
            "9:a file is missing or has changed",
            "10:a pid is taken",
            "11:no space left"
        })
public final class Main implements Callable<Integer> {
    @Spec
    private CommandSpec spec;

    /** The version in the jar's manifest. */
    static final class Version implements CommandLine.IVersionProvider {
        @Override
        public String[] getVersion() {
            String version = Main.class.getPackage().getImplementationVersion();
            return new String[] {"crtools " + (version == null ? "(not packaged)" : version)};
        }
    }

    private final boolean replaceable;

    private Main(boolean replaceable) {
        this.replaceable = replaceable;
    }

    public static void main(String[] args) {
        System.exit(new Main(true).execute(args));
    }

    /** Runs the command in a JVM that goes on, and returns its exit code. */
    public static int run(String... args) {
        return new Main(false).execute(args);
    }

    /** Whether this JVM is there for the command alone, so that an image may be executed in its place. */
    boolean isReplaceable() {
        return replaceable;
    }

    private int execute(String... args) {
        CommandLine line = new CommandLine(this);
        line.setExecutionExceptionHandler((failure, command, parsed) -> report(failure, command));
        line.setParameterExceptionHandler(Main::reportUsage);
        line.setCaseInsensitiveEnumValuesAllowed(true);
        // What stands behind an image is the image's.
        line.getSubcommands().get("exec").setStopAtPositional(true);
        line.registerConverter(Path.class, UserPath::of);
        return line.execute(args);
    }

    @Override
    public Integer call() {
        throw new ParameterException(spec.commandLine(), "a command is missing");
    }

    private static int reportUsage(ParameterException failure, String[] args) {
        CommandLine command = failure.getCommandLine();
        command.getErr().println("crtools: " + failure.getMessage());
        command.getErr().println("Try '" + command.getCommandSpec().qualifiedName() + " --help'.");
        return ExitCode.USAGE.value();
    }

    private static int report(Exception failure, CommandLine command) {
        boolean verbose = command.getCommandSpec().userObject() instanceof Verbose options && options.verbose();
        String message = failure instanceof CrtoolsException
                ? failure.getMessage()
                : failure instanceof InvalidPathException ? UserPath.WAY_OUT : failure.toString();
        for (String sentence : message.split("\n")) {
            command.getErr().println("crtools: " + sentence);
        }
        if (verbose) {
            failure.printStackTrace(command.getErr());
        }
        return failure instanceof CrtoolsException known ? known.exitCode().value() : ExitCode.FAILED.value();
    }
}
