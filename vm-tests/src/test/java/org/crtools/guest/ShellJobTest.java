// SPDX-License-Identifier: Apache-2.0
package org.crtools.guest;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.function.BooleanSupplier;
import org.crtools.guest.ProcView.Explained;
import org.crtools.guest.SavedTree.Way;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Trees that share the terminal of a shell. */
class ShellJobTest {

    /** For the start of a JVM and a restore. */
    private static final Duration LIMIT = Duration.ofSeconds(300);

    /** What Ctrl-Z and Ctrl-C type. */
    private static final String SUSPEND = "\u001a";

    private static final String INTERRUPT = "\u0003";
    /** Among what follows the name in /proc/PID/stat. */
    private static final int PROCESS_GROUP = 2;

    private static final int FOREGROUND = 5;
    /** What a job has from the shell and the terminal where it is restored. */
    private static final List<Explained> OTHER_TERMINAL = List.of(
            Explained.ofRoot("stat ppid", "the supervisor's child"),
            Explained.of("stat (session|tty|tpgid)", "the session is the caller's"),
            Explained.of("fd(info)? [012].*", "so is the terminal"));

    @Test
    void aTerminalIsRefusedWithoutTheOption() {
        try (Workload workload = Workload.of("tty").onTerminal().start()) {
            Path folder = workload.folder().resolve("checkpoint");
            Command.Result result = Tools.of(false)
                    .run("dump", Long.toString(workload.pid()), "-D", folder.toString())
                    .expect(3);
            assertTrue(result.err().contains("pid " + workload.pid() + " fd 0: tty"), result::err);
            assertTrue(result.err().contains("--shell-job"), result::err);
            assertFalse(Files.exists(folder));
            workload.assertPasses();
        }
    }

    /** The terminal of a restore is its caller's: nobody of the tree could be controlled by it in a session of the tree. */
    @Test
    void theLeaderOfATerminalsSessionIsRefusedAlsoWithTheOption() {
        try (Workload workload = Workload.of("tty").onTerminal().start()) {
            Path folder = workload.folder().resolve("checkpoint");
            Command.Result result = Tools.of(false)
                    .run("dump", Long.toString(workload.pid()), "--shell-job", "-D", folder.toString())
                    .expect(3);
            assertEquals(
                    "crtools: pid " + workload.pid()
                            + ": leader of a session with a controlling terminal; dump a process below it instead\n",
                    result.err());
            assertFalse(Files.exists(folder));
            workload.assertPasses();
        }
    }

    /** Started from a shell on one terminal, it goes on in the foreground of a shell on another. */
    @ParameterizedTest
    @EnumSource(Way.class)
    void aShellJobGoesOnOnTheTerminalItIsRestoredFrom(Way way) {
        Path folder = RealProgram.newFolder("job");
        try (Terminal first = Terminal.open(folder);
                Terminal second = Terminal.open(folder)) {
            long pid = begin(first, folder, "/put/workloads/tty");
            ProcView before = ProcView.of(pid);
            SavedTree saved = SavedTree.dump(pid, folder.resolve("checkpoint"), false, "--shell-job");
            first.type("echo the shell goes on");
            first.awaitLine("the shell goes on");
            second.type(restore(saved, way));
            Processes.await("the job to come back", LIMIT, () -> Processes.lives(pid) || ended(second));
            SavedTree.awaitSame(before, pid, OTHER_TERMINAL);
            Processes.signal("TERM", pid);
            second.awaitLine("workload tty: here");
            second.awaitLine("workload tty: child");
            Processes.await("the end of the job", LIMIT, () -> !Processes.lives(pid));
            second.type("echo status $?");
            second.awaitLine("status 0");
            assertTrue(text(folder.resolve("result")).startsWith("PASS"), () -> text(folder.resolve("result")));
            assertFalse(first.screen().contains("workload tty"), first::screen);
        }
    }

    /** Starts a workload from a shell; gives the pid that it tells when it is ready. */
    private static long begin(Terminal terminal, Path folder, String command) {
        terminal.type("cd " + folder + "; CR_READY=$PWD/ready CR_RESULT=$PWD/result CR_DIR=$PWD " + command);
        Processes.await("the job", LIMIT, () -> Files.exists(folder.resolve("ready")));
        long pid = read(folder.resolve("ready"));
        Workload.awaitRest(pid);
        return pid;
    }

    /** What is typed to bring a shell job back. */
    private static String restore(SavedTree saved, Way way) {
        return switch (way) {
            case JAVA ->
                String.join(
                        " ",
                        Tools.words(
                                "restore", "--shell-job", "-D", saved.folder().toString()));
            case IMAGE -> saved.tree().toString();
        };
    }

    /** Nothing stands between the shell and the tree: it stops, goes on and ends as any job of a shell does. */
    @ParameterizedTest
    @EnumSource(Way.class)
    void aShellJobIsStoppedAndInterruptedFromTheKeyboard(Way way) {
        Path folder = RealProgram.newFolder("keys");
        try (Terminal first = Terminal.open(folder);
                Terminal second = Terminal.open(folder)) {
            long pid = begin(first, folder, "/put/workloads/pipe_procs 4");
            ProcView before = ProcView.of(pid);
            SavedTree saved = SavedTree.dump(pid, folder.resolve("checkpoint"), false, "--shell-job");
            second.type(restore(saved, way));
            Processes.await("the job to come back", LIMIT, () -> Processes.lives(pid) || ended(second));
            SavedTree.awaitSame(before, pid, OTHER_TERMINAL);
            second.type(SUSPEND);
            await(second, "the job to be stopped", () -> Processes.tree(pid).stream()
                    .allMatch(Processes::isStopped));
            second.type("echo stopped: $(jobs | grep -c Stopped)");
            second.awaitLine("stopped: 1");
            second.type("fg");
            await(second, "the job to go on", () -> Processes.tree(pid).stream().noneMatch(Processes::isStopped));
            second.type(INTERRUPT);
            await(second, "the end of the job", () -> !Processes.lives(pid));
            second.type("echo status $?");
            second.awaitLine("status 130");
        }
    }

    /** A group whose leader is not of the tree has no number in a new pid namespace, and is the caller's all the same. */
    @ParameterizedTest
    @EnumSource(Way.class)
    void inANewPidNamespaceItIsOfTheGroupOfItsCaller(Way way) {
        Path folder = RealProgram.newFolder("group");
        try (Terminal first = Terminal.open(folder);
                Terminal second = Terminal.open(folder)) {
            String program = "/put/workloads/pipe_procs";
            long pid = begin(first, folder, "bash -c '" + program + " 4; true'");
            int size = Processes.tree(pid).size();
            SavedTree saved = SavedTree.dump(pid, folder.resolve("checkpoint"), false, "--shell-job");
            second.type(restore(saved, way) + " --new-pidns");
            await(second, "the job to come back", () -> running(program).size() == size || ended(second));
            List<Long> tree = running(program);
            long group = number(tree.get(0), PROCESS_GROUP);
            tree.forEach(process -> {
                assertEquals(group, number(process, PROCESS_GROUP));
                assertEquals(group, number(process, FOREGROUND));
            });
            second.type(INTERRUPT);
            await(second, "the end of the job", () -> running(program).isEmpty());
            second.type("echo status $?");
            second.awaitLine("status 130");
        }
    }

    /** Processes whose command line begins so. */
    private static List<Long> running(String program) {
        return Processes.all().keySet().stream()
                .filter(pid -> new String(Processes.read(pid, "cmdline"), StandardCharsets.ISO_8859_1)
                        .startsWith(program + "\0"))
                .toList();
    }

    private static long number(long pid, int field) {
        return Long.parseLong(Processes.stat(pid).get(field));
    }

    private static void await(Terminal terminal, String what, BooleanSupplier condition) {
        try {
            Processes.await(what, LIMIT, condition);
        } catch (AssertionError inVain) {
            throw new AssertionError(inVain.getMessage() + " on the terminal:\n" + terminal.screen(), inVain);
        }
    }

    private static boolean ended(Terminal terminal) {
        // Whatever crtools says but what it is busy with.
        if (terminal.screen()
                .replaceAll("crtools: checking core-\\d+\\.img \\(\\d+ of \\d+\\)", "")
                .contains("crtools: ")) {
            throw new AssertionError(terminal.screen());
        }
        return false;
    }

    private static long read(Path file) {
        return Long.parseLong(text(file).strip());
    }

    private static String text(Path file) {
        return Command.of("cat", file.toString()).run().ok().out();
    }
}
