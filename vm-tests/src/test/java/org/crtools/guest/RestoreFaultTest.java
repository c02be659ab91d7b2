// SPDX-License-Identifier: Apache-2.0
package org.crtools.guest;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.concurrent.TimeUnit;
import org.crtools.guest.SavedTree.Way;
import org.crtools.image.Image;
import org.crtools.image.Program;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestReporter;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A restore goes wrong at each operation of its programs and at each system call of its supervisor: one sentence, the
 * documented exit code, and nothing is left; or the tree is there, and a warning tells what is missing.
 */
class RestoreFaultTest {

    private static final int FAILED = 1;
    private static final int NO_SPACE = 11;
    private static final int KILLED = 137;

    private static final Duration LIMIT = Duration.ofSeconds(60);

    /** How many of a kind there are in the short run, spread evenly over all. */
    private static final int FEW = 14;

    /**
     * Calls that cannot fail or whose failure nobody is left to tell of: strace's own, the end of a process, the
     * module's last step, which fails only for a process that is being killed; and the program's own.
     */
    private static final Set<String> UNTOUCHED = Set.of(
            "execve",
            "exit",
            "exit_group",
            "futex",
            "getegid",
            "geteuid",
            "getpgid",
            "getpid",
            "gettid",
            "ioctl",
            "restart_syscall",
            "rt_sigsuspend",
            "set_tid_address",
            "umask");

    /** The supervisor waits as often as the others are slow: the last ones may not come. */
    private static final Set<String> WAITING = Set.of("epoll_wait", "poll", "read");

    private static SpoiledTree small;

    @BeforeAll
    static void start() {
        small = new SpoiledTree("mixed", "1");
    }

    @AfterAll
    static void end() {
        small.close();
    }

    /** What goes wrong in an image's program, one fault after the other. */
    @FunctionalInterface
    private interface Fault {
        List<ProgramFault> in(Program program);
    }

    /** Some of the faults in the tree image, and as many in the root's core image. */
    private static void some(Fault fault, int most, TestReporter reporter) {
        FaultCount count = new FaultCount();
        for (Path path : List.of(small.saved().tree(), small.cores().get(0))) {
            Image image = SpoiledTree.read(path);
            small.run(path, image, SpoiledTree.some(fault.in(image.program().orElseThrow()), most), count);
        }
        count.tell(reporter);
    }

    /** All of them, in all images of a larger tree. */
    private static void all(Fault fault, TestReporter reporter) {
        FaultCount count = new FaultCount();
        try (SpoiledTree rich = new SpoiledTree("mixed", "3")) {
            for (Path path : rich.images()) {
                Image image = SpoiledTree.read(path);
                rich.run(path, image, fault.in(image.program().orElseThrow()), count);
            }
        }
        count.tell(reporter);
    }

    @ParameterizedTest
    @EnumSource(ProgramFault.Error.class)
    void operationsFail(ProgramFault.Error error, TestReporter reporter) {
        some(program -> ProgramFault.failing(program, error), FEW / 3, reporter);
    }

    @Tag("long")
    @Timeout(value = 3, unit = TimeUnit.HOURS)
    @ParameterizedTest
    @EnumSource(ProgramFault.Error.class)
    void everyOperationFails(ProgramFault.Error error, TestReporter reporter) {
        all(program -> ProgramFault.failing(program, error), reporter);
    }

    @Test
    void processesAreKilled(TestReporter reporter) {
        some(ProgramFault::killing, FEW / 2, reporter);
    }

    @Tag("long")
    @Timeout(value = 3, unit = TimeUnit.HOURS)
    @Test
    void isKilledAtEveryOperation(TestReporter reporter) {
        all(ProgramFault::killing, reporter);
    }

    /** SIGTERM to the supervisor, while a process is at a known place. */
    @Test
    void isCalledOff(TestReporter reporter) {
        FaultCount count = new FaultCount();
        Image image = SpoiledTree.read(small.saved().tree());
        List<ProgramFault> faults = ProgramFault.callingOff(image.program().orElseThrow());
        small.run(small.saved().tree(), image, SpoiledTree.some(faults, FEW / 2), count);
        count.tell(reporter);
    }

    @Tag("long")
    @Timeout(value = 3, unit = TimeUnit.HOURS)
    @Test
    void isCalledOffAtEveryOperation(TestReporter reporter) {
        FaultCount count = new FaultCount();
        Image image = SpoiledTree.read(small.saved().tree());
        small.run(
                small.saved().tree(),
                image,
                ProgramFault.callingOff(image.program().orElseThrow()),
                count);
        count.tell(reporter);
    }

    /** How files without a name are made. */
    private enum Unlinked {
        /** By O_TMPFILE. */
        FILE,
        /** By a name, on a file system without O_TMPFILE. */
        FILE_BY_NAME,
        /** By a name, as there is no other way. */
        FIFO;

        Program adapt(Program program) {
            return switch (this) {
                case FILE, FIFO -> program;
                case FILE_BY_NAME -> ProgramFault.withoutTmpfile(program);
            };
        }

        /** The operations that are special to it: all of one that makes a file, or those that do it by name. */
        List<ProgramFault> some(List<ProgramFault> faults) {
            List<ProgramFault> chosen = faults.stream().filter(this::concerns).toList();
            assertTrue(chosen.size() > 3, chosen::toString);
            return SpoiledTree.some(chosen, FEW / 2);
        }

        private boolean concerns(ProgramFault fault) {
            return switch (this) {
                case FILE -> fault.isAbout("unlinked file");
                case FILE_BY_NAME -> fault.isAbout("unlinked file") && fault.isOfHelper();
                case FIFO -> fault.isAbout("fifo") && fault.isOfHelper();
            };
        }
    }

    /** The moments when an unlinked file has a name, or would have one. */
    @ParameterizedTest
    @EnumSource(Unlinked.class)
    void unlinkedFilesLeaveNothing(Unlinked kind, TestReporter reporter) {
        FaultCount count = new FaultCount();
        Path path = small.saved().tree();
        Image image = SpoiledTree.read(path);
        Program program = kind.adapt(image.program().orElseThrow());
        small.run(path, image, kind.some(ProgramFault.callingOff(program)), count);
        small.run(path, image, kind.some(ProgramFault.killing(program)), count);
        count.tell(reporter);
    }

    /** A second restore of the same checkpoint in each of these moments: neither is in the other's way. */
    @ParameterizedTest
    @EnumSource(Unlinked.class)
    void unlinkedFilesOfTwoRestoresAreApart(Unlinked kind, TestReporter reporter) {
        FaultCount count = new FaultCount();
        Image image = SpoiledTree.read(small.saved().tree());
        Program program = kind.adapt(image.program().orElseThrow());
        for (ProgramFault pause : kind.some(ProgramFault.pausing(program))) {
            small.injectIfCome(pause.what(), count, () -> small.runBeside(image, program, pause));
        }
        count.tell(reporter);
    }

    /** The supervisor's own calls, by strace(1): those of its program, and those with which it sees the others through. */
    @ParameterizedTest
    @ValueSource(strings = {"error=EIO", "signal=KILL"})
    void supervisorsCalls(String fault, TestReporter reporter) {
        supervisorsCalls(fault, FEW, reporter);
    }

    @Tag("long")
    @Timeout(value = 3, unit = TimeUnit.HOURS)
    @ParameterizedTest
    @ValueSource(strings = {"error=EIO", "error=EPERM", "error=ENOMEM", "error=EAGAIN", "error=EINTR", "signal=KILL"})
    void everyCallOfTheSupervisor(String fault, TestReporter reporter) {
        supervisorsCalls(fault, Integer.MAX_VALUE, reporter);
    }

    /** Whether the fault can be injected in such a call. */
    private static boolean canBe(String fault, Trace.Call call) {
        return isKill(fault)
                ? !call.kind().equals("execve")
                // The descriptor is closed whatever close(2) says; with strace it would stay.
                : !UNTOUCHED.contains(call.kind()) && !call.kind().equals("close");
    }

    private static boolean isKill(String fault) {
        return fault.equals("signal=KILL");
    }

    private static void supervisorsCalls(String fault, int most, TestReporter reporter) {
        FaultCount count = new FaultCount();
        traced().ok();
        small.assertBack();
        List<Trace.Call> calls =
                trace().calls().stream().filter(call -> canBe(fault, call)).toList();
        assertTrue(calls.size() > 50, "the supervisor makes " + calls.size() + " calls");
        for (Trace.Call call : SpoiledTree.some(calls, most)) {
            small.injectIfCome(call.line() + " gets " + fault, count, () -> {
                Injection injection = new Injection(call.kind(), call.number(), fault);
                return judgeTraced(injection, traced("-e", injection.option()));
            });
        }
        count.tell(reporter);
    }

    /** What strace(1) is to inject: a fault in the so-manieth call of a kind of each thread. */
    private record Injection(String kind, int number, String fault) {

        String option() {
            return "inject=" + kind + ":" + fault + ":when=" + number;
        }

        /** Whether it was injected up to now. Nobody else may have been killed, but by a restore that fails. */
        boolean isSeen() {
            return isKill(fault) ? trace().showsKill(kind, number) : trace().showsError();
        }

        /** The same, when the restore is over. */
        boolean wasComeTo(boolean seen) {
            assertTrue(seen || WAITING.contains(kind), "nothing was injected");
            return seen;
        }
    }

    /** What must come of a restore with an injection; tells whether that was come to. */
    private static boolean judgeTraced(Injection injection, Command.Result result) {
        if (result.code() == KILLED) {
            Processes.await(
                    "all of the tree or nothing", LIMIT, () -> !isUnderWay() && (!small.isBack() || small.looksBack()));
            if (small.isBack()) {
                small.assertBack();
            } else {
                small.assertNothing();
            }
            // Who else would have killed it?
            return injection.wasComeTo(isKill(injection.fault()) || injection.isSeen());
        }
        if (isKill(injection.fault()) && result.code() == 0) {
            Processes.await("the injected kill, or the tree", LIMIT, () -> injection.isSeen() || small.looksBack());
            // Before all are killed in whatever they do.
            boolean seen = injection.isSeen();
            if (seen) {
                small.killIt();
            } else {
                small.assertBack();
            }
            return injection.wasComeTo(seen);
        }
        small.judge(new ProgramFault.Either(), result);
        return injection.wasComeTo(injection.isSeen());
    }

    /**
     * Each kind of call that any process or thread of a restore makes, by strace(1): the first of the kind in each of
     * them. The kinds are those of a restore that goes well.
     */
    @Tag("long")
    @Timeout(value = 3, unit = TimeUnit.HOURS)
    @ParameterizedTest
    @ValueSource(strings = {"error=EPERM", "signal=KILL"})
    void callsOfAll(String fault, TestReporter reporter) {
        callsOfAll(fault, 1, reporter);
    }

    /** The same with the second to fourth call of a kind, where one of the threads makes as many. */
    @Tag("long")
    @Tag("repeated")
    @Timeout(value = 3, unit = TimeUnit.HOURS)
    @ParameterizedTest
    @ValueSource(strings = {"error=EPERM", "error=EIO", "error=ENOMEM", "error=EAGAIN", "error=EINTR", "signal=KILL"})
    void repeatedCallsOfAll(String fault, TestReporter reporter) {
        callsOfAll(fault, 4, reporter);
    }

    private static void callsOfAll(String fault, int repeated, TestReporter reporter) {
        FaultCount count = new FaultCount();
        traced("-f").ok();
        small.assertBack();
        SortedMap<String, Integer> kinds = trace().kinds();
        kinds.keySet().removeAll(UNTOUCHED);
        assertTrue(kinds.size() > 20, kinds::toString);
        kinds.forEach((kind, most) -> {
            for (int i = 1; i <= Math.min(most, repeated); i++) {
                Injection injection = new Injection(kind, i, fault);
                small.injectIfCome(injection.option(), count, () -> callOfAll(injection));
                small.silence();
            }
        });
        count.tell(reporter);
    }

    private static boolean callOfAll(Injection injection) {
        Command.Result result = traced("-f", "-e", injection.option());
        if (injection.kind().equals("unlinkat")) {
            small.judge(isKill(injection.fault()) ? ProgramFault.Named.KILLED : ProgramFault.Named.DENIED, result);
        } else if (result.code() == FAILED && result.err().isEmpty()) {
            small.assertNothing();
            assertTrue(isSentenceLost(), "refused without a word");
        } else {
            return judgeTraced(injection, result);
        }
        return injection.wasComeTo(injection.isSeen());
    }

    /** Whether the write(2) that tells the sentence is the call that failed. */
    private static boolean isSentenceLost() {
        return trace().lines().stream()
                .anyMatch(line -> line.contains("write(2, \"crtools: ") && line.endsWith("(INJECTED)"));
    }

    /** Whether processes of a restore are there which are not yet themselves. */
    private static boolean isUnderWay() {
        Map<Long, Long> all = Processes.all();
        return all.keySet().stream()
                .map(pid -> new String(Processes.read(pid, "cmdline"), StandardCharsets.ISO_8859_1))
                .anyMatch(line -> line.startsWith(small.saved().folder().toString()));
    }

    /** Restores under strace(1), which goes on beside the tree until that is gone. */
    private static Command.Result traced(String... options) {
        List<String> words =
                new ArrayList<>(List.of("strace", "-D", "-o", small.trace().toString()));
        words.addAll(List.of(options));
        words.addAll(List.of(small.saved().tree().toString(), "-d"));
        return Command.of(words).within(LIMIT).run();
    }

    /** What strace saw; all of it when the tree that was restored is gone. */
    private static Trace trace() {
        return Trace.read(small.trace());
    }

    /**
     * The steps of crtools restore itself. Killed before the image is started it leaves nothing; after that the tree comes
     * back without it.
     */
    @Test
    void tools(TestReporter reporter) {
        FaultCount count = new FaultCount();
        Command.Result all = small.saved().tryRestore(Way.JAVA, "--fault=list").ok();
        List<String> steps = all.out().lines().toList();
        small.assertBack();
        assertEquals(List.of("1 restore checked", "2 image started"), steps);
        Path path = small.saved().tree();
        Image image = SpoiledTree.read(path);
        Program stalled = ProgramFault.stalled(image.program().orElseThrow());
        for (int i = 1; i <= steps.size(); i++) {
            for (String how : List.of("error", "enospc")) {
                String fault = "--fault=" + how + "@" + i;
                int code = how.equals("enospc") ? NO_SPACE : FAILED;
                // A tree that is back before its image can be called off stays.
                small.inject(fault, count, () -> SpoiledTree.with(path, image, stalled, () -> failedTool(fault, code)));
            }
        }
        small.inject("--fault=kill@1", count, () -> {
            killedTool(1);
            small.assertNothing();
        });
        small.inject("--fault=kill@2", count, () -> {
            killedTool(2);
            small.assertBack();
        });
        count.tell(reporter);
    }

    private static void failedTool(String fault, int code) {
        Command.Result result = small.saved().tryRestore(Way.JAVA, fault).expect(code);
        // An image that was started is called off, and says so itself, sooner or later.
        List<String> said = result.err()
                .lines()
                .filter(line -> !line.equals("crtools: called off by a signal, nothing is restored"))
                .toList();
        assertTrue(said.size() == 1 && said.get(0).startsWith("crtools: fault "), result.err());
        small.assertNothing();
    }

    /** In a JVM of its own. */
    private static void killedTool(int step) {
        String folder = small.saved().folder().toString();
        Command.Result result = Tools.of(false)
                .commandLine("restore", "-d", "-D", folder, "--fault=kill@" + step)
                .run()
                .expect(KILLED);
        assertEquals("", result.out() + result.err());
    }
}
