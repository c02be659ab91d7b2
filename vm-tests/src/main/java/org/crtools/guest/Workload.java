// SPDX-License-Identifier: Apache-2.0
package org.crtools.guest;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * A workload program at work: it built its state, said so, waits, and checks the state on SIGTERM. The same object goes
 * on serving when the process was killed and came back, under the same pid or (see {@link #restoredAs}) another.
 */
public final class Workload implements AutoCloseable {

    /** Where the runner finds the programs. */
    private static final Path PROGRAMS = Path.of("/put/workloads");

    private static final Duration LIMIT = Duration.ofSeconds(120);

    private static final String BLOCKED = "SigBlk:";
    private static final long TERM = 1L << 14;

    /** How the program was linked. */
    public enum Variant {
        DYNAMIC(""),
        STATIC(".static"),
        MUSL(".musl");

        private final String suffix;

        Variant(String suffix) {
            this.suffix = suffix;
        }
    }

    private final Path folder;
    private final boolean terminal;
    private final Process starter;
    private long pid;

    private Workload(Path folder, boolean terminal, Process starter) {
        this.folder = folder;
        this.terminal = terminal;
        this.starter = starter;
    }

    /** What to start. Immutable. */
    public record Setup(
            String name,
            Variant variant,
            List<String> arguments,
            boolean user,
            boolean terminal,
            List<String> environment) {

        public Setup variant(Variant other) {
            return new Setup(name, other, arguments, user, terminal, environment);
        }

        public Setup arguments(String... others) {
            return new Setup(name, variant, Arrays.asList(others), user, terminal, environment);
        }

        /** As the ordinary user. */
        public Setup asUser() {
            return new Setup(name, variant, arguments, true, terminal, environment);
        }

        /** With a controlling terminal, that of script(1). */
        public Setup onTerminal() {
            return new Setup(name, variant, arguments, user, true, environment);
        }

        /** With an environment variable, such as CR_PIDS=any. */
        public Setup with(String variable, String value) {
            List<String> more = new ArrayList<>(environment);
            more.addAll(List.of(variable, value));
            return new Setup(name, variant, arguments, user, terminal, more);
        }

        /** Starts it and waits until it is ready. */
        public Workload start() {
            return Workload.start(this);
        }
    }

    /** A workload by its program's name. */
    public static Setup of(String name) {
        return new Setup(name, Variant.DYNAMIC, List.of(), false, false, List.of());
    }

    private static Workload start(Setup setup) {
        try {
            Path folder = Files.createTempDirectory(Path.of("/tmp"), "workload-" + setup.name() + "-");
            Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwxrwxrwx"));
            Path program = PROGRAMS.resolve(setup.name() + setup.variant().suffix);
            if (!Files.isExecutable(program)) {
                throw new AssertionError("no such workload: " + program);
            }
            List<String> words = new ArrayList<>(List.of("setsid", program.toString()));
            words.addAll(setup.arguments());
            if (setup.terminal()) {
                words = new ArrayList<>(List.of(
                        "script", "-qec", "exec " + String.join(" ", words.subList(1, words.size())), "/dev/null"));
            }
            Command command = Command.of(words)
                    .asUser(setup.user())
                    .in(folder)
                    .with("CR_READY", folder.resolve("ready").toString())
                    .with("CR_RESULT", folder.resolve("result").toString())
                    .with("CR_DIR", folder.toString());
            for (int i = 0; i < setup.environment().size(); i += 2) {
                command = command.with(
                        setup.environment().get(i), setup.environment().get(i + 1));
            }
            // The program's own user must be able to open it again.
            Path out = Files.createFile(folder.resolve("out"));
            Files.setPosixFilePermissions(out, PosixFilePermissions.fromString("rw-rw-rw-"));
            Workload workload = new Workload(folder, setup.terminal(), command.start(out, out));
            workload.awaitReady();
            return workload;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void awaitReady() {
        Path ready = folder.resolve("ready");
        Path result = folder.resolve("result");
        Processes.await(
                "the workload to be ready",
                LIMIT,
                () -> Files.exists(ready) || Files.exists(result) || !starter.isAlive());
        if (!Files.exists(ready)) {
            kill();
            throw new AssertionError("the workload did not get ready: " + result() + "\n" + output());
        }
        pid = Long.parseLong(read(ready).strip());
    }

    /**
     * Waits until it has come to rest. A workload says that it is ready just before it waits in sigsuspend(2), with
     * SIGTERM no longer blocked, or unblocks it and computes; its children do before they have closed what they said it
     * with.
     */
    public void awaitRest() {
        awaitRest(pid);
    }

    /** The same of one that was started in another way. */
    public static void awaitRest(long root) {
        Processes.await(
                "the workload to come to rest",
                LIMIT,
                () -> takesTerm(root) && Processes.tree(root).stream().allMatch(pid -> takesTerm(pid) || rests(pid)));
    }

    private static boolean takesTerm(long pid) {
        return new String(Processes.read(pid, "status"), StandardCharsets.ISO_8859_1)
                .lines()
                .filter(line -> line.startsWith(BLOCKED))
                .allMatch(line ->
                        (Long.parseUnsignedLong(line.substring(BLOCKED.length()).strip(), 16) & TERM) == 0);
    }

    /** It sleeps, or has ended. */
    private static boolean rests(long pid) {
        List<String> stat = Processes.stat(pid);
        return !stat.isEmpty() && (stat.get(0).equals("S") || stat.get(0).equals("Z"));
    }

    /** The pid of the tree's root. */
    public long pid() {
        return pid;
    }

    /** The root and all its descendants. */
    public List<Long> tree() {
        return Processes.tree(pid);
    }

    /** The folder of this run: the program's working directory, its files, its output in {@code out}. */
    public Path folder() {
        return folder;
    }

    public void signal(String name) {
        Processes.signal(name, pid);
    }

    /** Stops the whole tree, every thread of it, with SIGSTOP. */
    public void stop() {
        Processes.stop(tree());
    }

    /** Kills the whole tree and waits until it is gone. */
    public void kill() {
        List<Long> victims = new ArrayList<>();
        if (pid != 0) {
            victims.addAll(tree());
        }
        if (starter.isAlive()) {
            victims.addAll(Processes.tree(starter.pid()));
        }
        Processes.kill(victims.stream().distinct().toList());
    }

    /** The tree is back under this root. */
    public void restoredAs(long newPid) {
        pid = newPid;
    }

    /** SIGTERM; waits for the end of the root; fails unless the workload found its state good. */
    public void assertPasses() {
        String text = finish();
        if (!text.lines().findFirst().orElse("").equals("PASS")) {
            throw new AssertionError("the workload says: " + text + "\n" + output());
        }
    }

    /** SIGTERM, waits for the end of the root, gives what the workload said: PASS, or FAIL with a reason. */
    public String finish() {
        if (!Processes.lives(pid)) {
            return "it is gone already; before that: " + result();
        }
        Processes.terminate(pid);
        Processes.await("the end of the workload", LIMIT, () -> !Processes.lives(pid));
        if (terminal) {
            // script(1) ends when its child has; a restored one is somebody else's child.
            awaitStarter();
        }
        return result();
    }

    private void awaitStarter() {
        try {
            if (!starter.waitFor(10, TimeUnit.SECONDS)) {
                starter.destroyForcibly();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** What the workload wrote as its result so far. */
    public String result() {
        Path result = folder.resolve("result");
        return Files.exists(result) ? read(result) : "no result";
    }

    /** What the workload printed. */
    public String output() {
        return read(folder.resolve("out"));
    }

    /** How much the workload printed, in bytes. */
    long outputSize() {
        return folder.resolve("out").toFile().length();
    }

    /** Cuts what the workload printed. */
    void cutOutput(long size) {
        try (FileChannel out = FileChannel.open(folder.resolve("out"), StandardOpenOption.WRITE)) {
            out.truncate(size);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String read(Path file) {
        try {
            return new String(Files.readAllBytes(file), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Kills what still lives. The folder stays: the machine is thrown away. */
    @Override
    public void close() {
        kill();
    }
}
