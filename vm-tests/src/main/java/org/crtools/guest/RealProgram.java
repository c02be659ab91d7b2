// SPDX-License-Identifier: Apache-2.0
package org.crtools.guest;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.function.BooleanSupplier;

/** A program of the workloads' folder {@code real}, which is checkpointed at several moments of one run. */
public final class RealProgram implements AutoCloseable {

    /** Where the runner finds the programs. */
    public static final Path PROGRAMS = Path.of("/put/real");

    private static final Duration LIMIT = Duration.ofMinutes(10);

    private final Path folder;
    private long root;

    private RealProgram(Path folder, long root) {
        this.folder = folder;
        this.root = root;
    }

    /** A new folder for a program and its input. */
    public static Path newFolder(String name) {
        try {
            return Files.createTempDirectory(Path.of("/tmp"), "real-" + name + "-");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Starts it in a session of its own; its output goes to {@code out} in the folder. */
    public static RealProgram start(Path folder, String... words) {
        return start(folder, Command.of(List.of(words)));
    }

    /** The same with a JVM. */
    public static RealProgram startJava(Path folder, String... arguments) {
        return start(folder, Command.of(List.of(arguments)).prefixed("java", "-XX:+ErrorFileToStderr"));
    }

    private static RealProgram start(Path folder, Command command) {
        Path out = folder.resolve("out");
        // setsid(1) executes the program in its own place.
        Process process = command.prefixed("setsid")
                .in(folder)
                .with("CR_READY", folder.resolve("ready").toString())
                .with("CR_RESULT", folder.resolve("result").toString())
                .with("CR_FINISH", finish(folder).toString())
                .start(out, out);
        return new RealProgram(folder, process.pid());
    }

    /** Without this file it does not end: how fast it works must not decide whether there is something to dump. */
    private static Path finish(Path folder) {
        return folder.resolve("finish");
    }

    public long root() {
        return root;
    }

    /** Waits for the moment, which must come while the program runs. */
    public void await(String what, BooleanSupplier moment) {
        Processes.await(what, LIMIT, () -> moment.getAsBoolean() || !Processes.lives(root));
        if (!Processes.lives(root)) {
            throw new AssertionError("the program ended before " + what + "\n" + told());
        }
    }

    /** Dumps it, which kills it, and brings it back. */
    public void checkpoint(int number) {
        checkpoint(number, () -> {});
    }

    /** The same; something happens between the two. */
    public void checkpoint(int number, Runnable meanwhile) {
        Path checkpoint = folder.resolve("checkpoint-" + number);
        SavedTree saved = SavedTree.dump(root, checkpoint, false);
        meanwhile.run();
        long back = saved.restore(SavedTree.Way.alternate(number));
        if (back != root) {
            throw new AssertionError("came back as " + back + ", was " + root);
        }
        Command.of("rm", "-r", checkpoint.toString()).run().ok();
    }

    /** Lets it end, when its work is done, and waits for that. */
    public void awaitEnd() {
        try {
            Files.createFile(finish(folder));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        awaitDeath();
    }

    private void awaitDeath() {
        Processes.await("the end of the program", LIMIT, () -> !Processes.lives(root));
    }

    /** Asks it to end and waits for that. */
    public void terminate() {
        Processes.signal("TERM", root);
        awaitDeath();
    }

    /** Fails unless the program reported that all is well. */
    public void assertPassed() {
        Path result = folder.resolve("result");
        if (!Files.exists(result) || !read(result).startsWith("PASS")) {
            throw new AssertionError("the program says: " + told());
        }
    }

    private String told() {
        Path result = folder.resolve("result");
        return (Files.exists(result) ? read(result) : "no result") + "\n" + read(folder.resolve("out"));
    }

    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void close() {
        Processes.kill(Processes.tree(root));
    }
}
