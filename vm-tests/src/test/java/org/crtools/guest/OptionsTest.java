// SPDX-License-Identifier: Apache-2.0
package org.crtools.guest;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.crtools.guest.ProcView.Explained;
import org.crtools.guest.SavedTree.Way;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** What the options of dump and restore promise, and checkpoints of what was restored. */
class OptionsTest {

    private static final Duration LIMIT = Duration.ofSeconds(60);
    /** What Ctrl-Z and Ctrl-C type. */
    private static final String SUSPEND = "\u001a";

    private static final String INTERRUPT = "\u0003";
    /** What a job has from the shell and the terminal where it is restored. */
    private static final List<Explained> OTHER_TERMINAL = List.of(
            Explained.ofRoot("stat ppid", "the supervisor's child"),
            Explained.of("stat (session|tty|tpgid)", "the session is the caller's"),
            Explained.of("fd(info)? [012].*", "so is the terminal"));

    @Test
    void leftRunningItIsUndisturbed() {
        try (Workload workload = Workload.of("pipe_procs").arguments("4").start()) {
            workload.awaitRest();
            ProcView before = ProcView.of(workload.pid());
            SavedTree.dump(workload.pid(), workload.folder().resolve("one"), false, "--leave-running");
            before.assertSame(ProcView.of(workload.pid()), List.of());
            SavedTree.dump(workload.pid(), workload.folder().resolve("two"), false, "--leave-running");
            before.assertSame(ProcView.of(workload.pid()), List.of());
            workload.assertPasses();
        }
    }

    @ParameterizedTest
    @EnumSource(Way.class)
    void leftRunningAndKilledLaterItComesBack(Way way) {
        try (Workload workload = Workload.of("pipe_procs").arguments("4").start()) {
            SavedTree saved =
                    SavedTree.dump(workload.pid(), workload.folder().resolve("checkpoint"), false, "--leave-running");
            workload.kill();
            workload.restoredAs(saved.restore(way));
            workload.assertPasses();
        }
    }

    @Test
    void leftStoppedItWaitsForSigcont() {
        try (Workload workload = Workload.of("tree").arguments("2", "2").start()) {
            SavedTree.dump(workload.pid(), workload.folder().resolve("checkpoint"), false, "--leave-stopped");
            awaitStopped(workload);
            Processes.signal("CONT", workload.tree());
            workload.assertPasses();
        }
    }

    @ParameterizedTest
    @EnumSource(Way.class)
    void restoredAndLeftStoppedItWaitsForSigcont(Way way) {
        try (Workload workload = Workload.of("tree").arguments("2", "2").start()) {
            SavedTree saved = SavedTree.dump(workload.pid(), workload.folder().resolve("checkpoint"), false);
            workload.restoredAs(saved.restore(way, "--leave-stopped"));
            awaitStopped(workload);
            Processes.signal("CONT", workload.tree());
            workload.assertPasses();
        }
    }

    @ParameterizedTest
    @EnumSource(Way.class)
    void whatWasStoppedComesBackStopped(Way way) {
        try (Workload workload = Workload.of("threads").arguments("6").start()) {
            workload.stop();
            SavedTree saved = SavedTree.dump(workload.pid(), workload.folder().resolve("checkpoint"), false);
            workload.restoredAs(saved.restore(way));
            awaitStopped(workload);
            workload.signal("CONT");
            workload.assertPasses();
        }
    }

    /** Settings of one thread do not become another's: the main thread is the last to stop here. */
    @ParameterizedTest
    @EnumSource(Way.class)
    void everyThreadKeepsItsSettings(Way way) {
        try (Workload workload = Workload.of("sched").arguments("50").start()) {
            SavedTree saved = SavedTree.dump(workload.pid(), workload.folder().resolve("checkpoint"), false);
            workload.restoredAs(saved.restore(way));
            workload.assertPasses();
        }
    }

    /** Children that end while the tree is being stopped are no reason to give up. */
    @Test
    void childrenMayEndMeanwhile() {
        try (Workload workload = Workload.of("sched").arguments("1").start()) {
            for (int i = 0; i < 20; i++) {
                SavedTree.dump(workload.pid(), workload.folder().resolve("dump-" + i), false, "--leave-running");
            }
            workload.assertPasses();
        }
    }

    /** A core_pattern that is a program does not keep to the limit of core dumps. */
    @ParameterizedTest
    @EnumSource(Way.class)
    void zombiesLeaveNoCoreDumpAgain(Way way) throws IOException {
        Path pattern = Path.of("/proc/sys/kernel/core_pattern");
        String before = Files.readString(pattern);
        try (Workload workload = Workload.of("zombie").start()) {
            Path dumped = workload.folder().resolve("dumped");
            Files.writeString(pattern, "|/bin/touch " + dumped);
            SavedTree saved = SavedTree.dump(workload.pid(), workload.folder().resolve("checkpoint"), false);
            workload.restoredAs(saved.restore(way));
            workload.assertPasses();
            assertFalse(Files.exists(dumped));
        } finally {
            Files.writeString(pattern, before);
        }
    }

    private static void awaitStopped(Workload workload) {
        Processes.await("all processes to be stopped", LIMIT, () -> workload.tree().stream()
                .allMatch(OptionsTest::isStopped));
    }

    /** The restored tree is as good as the first one. */
    @ParameterizedTest
    @CsvSource({"tree,2 2", "files_shared,", "files_unlinked,", "map_shared_family,3"})
    void threeGenerations(String program, String arguments) {
        generations(program, arguments, 3);
    }

    @Tag("long")
    @ParameterizedTest
    @CsvSource({"tree,2 3", "files_unlinked,", "map_shared_family,3", "pipe_procs,4", "threads,12"})
    void tenGenerations(String program, String arguments) {
        generations(program, arguments, 10);
    }

    private static void generations(String program, String arguments, int count) {
        Workload.Setup setup = Workload.of(program);
        List<ProcView.Explained> explained = new ArrayList<>(SavedTree.EXPLAINED);
        explained.addAll(SavedTree.EXPLAINED_OF_FILES);
        try (Workload workload = (arguments == null ? setup : setup.arguments(arguments.split(" "))).start()) {
            workload.awaitRest();
            ProcView before = ProcView.of(workload.pid());
            for (int generation = 0; generation < count; generation++) {
                SavedTree saved =
                        SavedTree.dump(workload.pid(), workload.folder().resolve("g" + generation), false);
                workload.restoredAs(saved.restore(Way.alternate(generation)));
                SavedTree.awaitSame(before, workload.pid(), explained);
            }
            workload.assertPasses();
        }
    }

    /** One checkpoint, twice at the same time. */
    @Test
    void twoOfOneCheckpointAreIndependent() {
        try (Workload workload =
                Workload.of("threads").arguments("6").with("CR_PIDS", "any").start()) {
            SavedTree saved = SavedTree.dump(workload.pid(), workload.folder().resolve("checkpoint"), false);
            long one = saved.restore(Way.JAVA, "--new-pids");
            long other = saved.restore(Way.IMAGE, "--new-pids");
            assertTrue(one != other);
            workload.restoredAs(one);
            workload.assertPasses();
            assertTrue(Processes.lives(other));
            workload.restoredAs(other);
            workload.assertPasses();
        }
    }

    /** Not detached, the one who restores it waits, and ends as the tree ends. */
    @Test
    void executedInTheForegroundItEndsAsTheProgramEnds() throws InterruptedException {
        try (Workload workload = Workload.of("threads").arguments("6").start()) {
            workload.awaitRest();
            ProcView before = ProcView.of(workload.pid());
            SavedTree saved = SavedTree.dump(workload.pid(), workload.folder().resolve("checkpoint"), false);
            Path out = workload.folder().resolve("restore.out");
            Process image = Command.of(saved.tree().toString()).start(out, out);
            SavedTree.awaitSame(before, workload.pid(), SavedTree.EXPLAINED);
            assertTrue(image.isAlive());
            workload.assertPasses();
            assertEquals(0, image.waitFor());
        }
    }

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
            first.type("cd " + folder + "; CR_READY=$PWD/ready CR_RESULT=$PWD/result CR_DIR=$PWD /put/workloads/tty");
            Processes.await("the job", LIMIT, () -> Files.exists(folder.resolve("ready")));
            long pid = read(folder.resolve("ready"));
            Workload.awaitRest(pid);
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
            first.type("cd " + folder + "; CR_READY=$PWD/ready CR_DIR=$PWD /put/workloads/pipe_procs 4");
            Processes.await("the job", LIMIT, () -> Files.exists(folder.resolve("ready")));
            long pid = read(folder.resolve("ready"));
            Workload.awaitRest(pid);
            ProcView before = ProcView.of(pid);
            SavedTree saved = SavedTree.dump(pid, folder.resolve("checkpoint"), false, "--shell-job");
            second.type(restore(saved, way));
            Processes.await("the job to come back", LIMIT, () -> Processes.lives(pid) || ended(second));
            SavedTree.awaitSame(before, pid, OTHER_TERMINAL);
            second.type(SUSPEND);
            Processes.await("the job to be stopped", LIMIT, () -> Processes.tree(pid).stream()
                    .allMatch(OptionsTest::isStopped));
            second.type("echo stopped: $(jobs | grep -c Stopped)");
            second.awaitLine("stopped: 1");
            second.type("fg");
            Processes.await("the job to go on", LIMIT, () -> Processes.tree(pid).stream()
                    .noneMatch(OptionsTest::isStopped));
            second.type(INTERRUPT);
            Processes.await("the end of the job", LIMIT, () -> !Processes.lives(pid));
            second.type("echo status $?");
            second.awaitLine("status 130");
        }
    }

    private static boolean isStopped(long pid) {
        return Processes.stat(pid).get(0).equals("T");
    }

    private static boolean ended(Terminal terminal) {
        if (terminal.screen().contains("crtools: ")) {
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
