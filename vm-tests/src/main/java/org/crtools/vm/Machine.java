// SPDX-License-Identifier: Apache-2.0
package org.crtools.vm;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * A virtual machine that runs one command: {@code vm-tests/vm run} with its options. Immutable; each {@code with} gives
 * a changed copy.
 */
public final class Machine {

    private final Path script;
    private final Kernel kernel;
    private final Map<String, String> options;
    private final List<String> copies;

    private Machine(Path script, Kernel kernel, Map<String, String> options, List<String> copies) {
        this.script = script;
        this.kernel = kernel;
        this.options = new TreeMap<>(options);
        this.copies = List.copyOf(copies);
    }

    /**
     * A machine with the defaults of {@code vm run}.
     *
     * @param vmTests the folder {@code vm-tests}
     */
    public static Machine of(Path vmTests, Kernel kernel) {
        return new Machine(vmTests.resolve("vm"), kernel, Map.of(), List.of());
    }

    public Machine withCpus(int cpus) {
        return withOption("--cpus", Integer.toString(cpus));
    }

    public Machine withMemory(int mebibytes) {
        return withOption("--mem", Integer.toString(mebibytes));
    }

    /** The time limit, from the start of the machine; whole seconds. */
    public Machine withTime(Duration time) {
        return withOption("--time", Long.toString(time.toSeconds()));
    }

    /** Keeps the console's log in a file of the host. */
    public Machine withLog(Path log) {
        return withOption("--log", log.toString());
    }

    /** Copies a file or folder in; a guest path that ends in a slash is the folder to copy into. */
    public Machine withPut(Path host, String guest) {
        return withCopy("--put", host + ":" + guest);
    }

    /** Copies a file or folder of the guest into a folder of the host when the command has ended. */
    public Machine withGet(String guest, Path hostFolder) {
        return withCopy("--get", guest + ":" + hostFolder);
    }

    private Machine withOption(String name, String value) {
        Map<String, String> more = new TreeMap<>(options);
        more.put(name, value);
        return new Machine(script, kernel, more, copies);
    }

    private Machine withCopy(String name, String value) {
        List<String> more = new ArrayList<>(copies);
        more.addAll(List.of(name, value));
        return new Machine(script, kernel, options, more);
    }

    /** Starts the machine; several arguments are a command and its arguments, a single one is a shell script. */
    public Running start(String... command) throws IOException {
        List<String> line = new ArrayList<>(List.of(script.toString(), "run", kernel.name()));
        options.forEach((name, value) -> line.addAll(List.of(name, value)));
        line.addAll(copies);
        line.add("--");
        line.addAll(Arrays.asList(command));
        Path errors = Files.createTempFile("crtools-vm", ".err");
        Process process = new ProcessBuilder(line)
                .redirectInput(ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()))
                .redirectError(errors.toFile())
                .start();
        return new Running(process, errors);
    }

    /** A machine at work. */
    public static final class Running implements AutoCloseable {

        private final Process process;
        private final Path errors;
        private final BufferedReader output;

        private Running(Process process, Path errors) {
            this.process = process;
            this.errors = errors;
            this.output = process.inputReader(StandardCharsets.UTF_8);
        }

        /** The next line of the command's standard output, or null at its end. */
        public String line() throws IOException {
            return output.readLine();
        }

        /** Waits for the machine's end; the exit codes are those of {@code vm run}. */
        public int waitFor() throws InterruptedException {
            return process.waitFor();
        }

        /** The command's standard error and what {@code vm run} says about the machine. */
        public String errors() throws IOException {
            return new String(Files.readAllBytes(errors), StandardCharsets.UTF_8);
        }

        /** Ends the machine, if it still runs, and removes what it left. */
        @Override
        public void close() throws IOException {
            process.destroy();
            process.onExit().join();
            output.close();
            Files.deleteIfExists(errors);
        }
    }
}
