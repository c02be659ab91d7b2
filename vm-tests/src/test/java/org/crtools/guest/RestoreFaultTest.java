// SPDX-License-Identifier: Apache-2.0
package org.crtools.guest;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import org.crtools.guest.ProcView.Explained;
import org.crtools.guest.ProgramFault.Expected;
import org.crtools.guest.SavedTree.Way;
import org.crtools.image.Image;
import org.crtools.image.ImageBuilder;
import org.crtools.image.ImageException;
import org.crtools.image.ImageReader;
import org.crtools.image.ImageWriter;
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
    private static final int HIGHEST_CODE = 11;

    private static final Duration LIMIT = Duration.ofSeconds(60);

    private static final List<Explained> PARENT =
            List.of(Explained.ofRoot("stat ppid", "the restored root is nobody's child any more"));

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

    /** Around these calls an unlinked file has its passing name, which a kill leaves. */
    private static final Set<String> NAMED = Set.of("openat", "renameat2", "unlinkat");

    private static Small small;

    /** A checkpoint of a small tree, to be spoiled in one place at a time. */
    private static final class Small implements AutoCloseable {

        private final Workload workload;
        private final SavedTree saved;
        private final int processes;
        private final ProcView view;
        private final Path trace;
        private final Map<Long, Long> before;
        private final Surroundings surroundings;

        Small(String program, String... arguments) {
            workload = Workload.of(program).arguments(arguments).start();
            processes = workload.tree().size();
            view = ProcView.of(workload.pid());
            saved = SavedTree.dump(workload.pid(), workload.folder().resolve("checkpoint"), false);
            trace = workload.folder().resolve("trace");
            Command.of("touch", trace.toString()).run().ok();
            // What the first restore makes once (a log of the tools, classes) is no trace of a failure.
            workload.restoredAs(saved.restore(Way.JAVA));
            workload.kill();
            before = Processes.all();
            surroundings = Surroundings.now();
        }

        List<Path> cores() {
            try (var files = Files.list(saved.folder())) {
                return files.filter(file -> file.getFileName().toString().startsWith("core-"))
                        .sorted()
                        .toList();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        /** Nothing is left of a restore that failed. */
        void assertNothing() {
            surroundings.awaitSame();
        }

        /** All of the tree is back; then it is killed and nothing is left. */
        void assertBack() {
            SavedTree.awaitSame(view, workload.pid(), PARENT);
            killIt();
        }

        /** The same of a tree that lacks what one operation was there for. */
        void assertNearlyBack() {
            // Its pids may be what could not be restored.
            Processes.await(
                    processes + " processes",
                    LIMIT,
                    () -> SavedTree.newSince(before).stream()
                                    .filter(pid -> !isStrace(pid))
                                    .count()
                            == processes);
            killIt();
        }

        private static boolean isStrace(long pid) {
            return new String(Processes.read(pid, "cmdline"), StandardCharsets.ISO_8859_1).startsWith("strace");
        }

        /** Removes the names of unlinked files that a kill has left. */
        void forgetNames() {
            Command.shell("rm -f " + workload.folder() + "/mixed.*/gone*").run().ok();
        }

        /** Whatever is there goes. */
        void killIt() {
            Processes.kill(SavedTree.newSince(before));
            surroundings.awaitSame();
        }

        boolean isBack() {
            return Processes.lives(workload.pid());
        }

        /** At the very end, after all that was done to it, the checkpoint is as good as ever. */
        @Override
        public void close() {
            workload.restoredAs(saved.restore(Way.IMAGE));
            workload.assertPasses();
            workload.close();
        }
    }

    private static Image read(Path image) {
        try (FileChannel channel = FileChannel.open(image, StandardOpenOption.READ)) {
            return ImageReader.read(channel);
        } catch (IOException | ImageException e) {
            throw new AssertionError(image.toString(), e);
        }
    }

    /** Puts another program into an image. */
    private static void write(Path path, Image image, Program program) {
        try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
            Image changed = new ImageBuilder(image).program(program).build();
            if (image.isTree()) {
                ImageWriter.write(channel, changed);
            } else {
                ImageWriter.writeMetadata(channel, changed, image.header().metaSize());
            }
        } catch (IOException | ImageException e) {
            throw new AssertionError(path.toString(), e);
        }
    }

    /** Restores with each of the faults in one of the images, which is put right again. */
    private static void run(Small tree, Path path, Image image, List<ProgramFault> faults, FaultCount count) {
        try {
            for (ProgramFault fault : faults) {
                count.inject(path.getFileName() + ": " + fault.what(), () -> {
                    write(path, image, fault.program());
                    judge(tree, fault.expected(), tree.saved.tryRestore(Way.IMAGE));
                });
            }
        } finally {
            write(path, image, image.program().orElseThrow());
        }
    }

    private static void judge(Small tree, Expected expected, Command.Result result) {
        if (expected instanceof ProgramFault.Refused refused) {
            result.expect(refused.code());
            assertSentence(result.err(), refused.words());
            tree.assertNothing();
        } else if (expected instanceof ProgramFault.Warned warned) {
            result.ok();
            assertSentence(result.err(), "not restored");
            assertSentence(result.err(), warned.words());
            tree.assertNearlyBack();
        } else if (expected instanceof ProgramFault.Named) {
            result.expect(FAILED);
            tree.forgetNames();
            tree.assertNothing();
        } else if (expected instanceof ProgramFault.Late) {
            tree.killIt();
        } else if (expected instanceof ProgramFault.Dead) {
            result.expect(KILLED);
            tree.assertNothing();
        } else if (result.code() == 0) {
            tree.assertNearlyBack();
        } else {
            assertTrue(result.code() <= HIGHEST_CODE || result.code() == KILLED, result::err);
            if (result.code() != KILLED) {
                assertSentence(result.err(), "");
            }
            tree.assertNothing();
        }
    }

    private static void assertSentence(String said, String words) {
        assertTrue(said.startsWith("crtools: ") && said.lines().count() == 1, () -> "not one sentence: " + said);
        assertTrue(said.contains(words), () -> "not a word of '" + words + "' in: " + said);
    }

    /** Numbers from 1 to an end, both included: all, or as many as are wanted, spread evenly. */
    private static List<Integer> some(int end, int most) {
        int number = Math.min(end, most);
        return IntStream.rangeClosed(1, number)
                .mapToObj(i -> number == 1 ? end : 1 + (int) ((long) (i - 1) * (end - 1) / (number - 1)))
                .toList();
    }

    /** The same of a list. */
    private static <T> List<T> some(List<T> all, int most) {
        return some(all.size(), most).stream()
                .map(number -> all.get(number - 1))
                .toList();
    }

    @BeforeAll
    static void start() {
        small = new Small("mixed", "1");
    }

    @AfterAll
    static void end() {
        small.close();
    }

    @Tag("long")
    @Timeout(value = 3, unit = TimeUnit.HOURS)
    @ParameterizedTest
    @EnumSource(ProgramFault.Error.class)
    void operationsFail(ProgramFault.Error error, TestReporter reporter) {
        FaultCount count = new FaultCount();
        List<Path> images = List.of(small.saved.tree(), small.cores().get(0));
        for (Path path : images) {
            Image image = read(path);
            run(small, path, image, some(ProgramFault.failing(image.program().orElseThrow(), error), FEW / 2), count);
        }
        count.tell(reporter);
    }

    @Test
    void processesAreKilled(TestReporter reporter) {
        FaultCount count = new FaultCount();
        List<Path> images = List.of(small.saved.tree(), small.cores().get(0));
        for (Path path : images) {
            Image image = read(path);
            run(small, path, image, some(ProgramFault.killing(image.program().orElseThrow()), FEW / 2), count);
        }
        count.tell(reporter);
    }

    @Tag("long")
    @Timeout(value = 3, unit = TimeUnit.HOURS)
    @ParameterizedTest
    @EnumSource(ProgramFault.Error.class)
    void everyOperationFails(ProgramFault.Error error, TestReporter reporter) {
        FaultCount count = new FaultCount();
        try (Small rich = new Small("mixed", "3")) {
            List<Path> images = new ArrayList<>(List.of(rich.saved.tree()));
            images.addAll(rich.cores());
            for (Path path : images) {
                Image image = read(path);
                run(rich, path, image, ProgramFault.failing(image.program().orElseThrow(), error), count);
            }
        }
        count.tell(reporter);
    }

    @Tag("long")
    @Timeout(value = 3, unit = TimeUnit.HOURS)
    @Test
    void isKilledAtEveryOperation(TestReporter reporter) {
        FaultCount count = new FaultCount();
        try (Small rich = new Small("mixed", "3")) {
            List<Path> images = new ArrayList<>(List.of(rich.saved.tree()));
            images.addAll(rich.cores());
            for (Path path : images) {
                Image image = read(path);
                run(rich, path, image, ProgramFault.killing(image.program().orElseThrow()), count);
            }
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

    private static void supervisorsCalls(String fault, int most, TestReporter reporter) {
        FaultCount count = new FaultCount();
        traced().ok();
        small.assertBack();
        int calls = trace().size();
        assertTrue(calls > 50, "the supervisor makes " + calls + " calls");
        for (int number : some(calls - 1, most)) {
            // The first is execve, which is strace's own.
            int when = number + 1;
            count.inject("call " + when + " of " + calls + ": " + fault, () -> {
                try {
                    judgeTraced(traced("-e", "inject=all:" + fault + ":when=" + when), false);
                } catch (AssertionError wrong) {
                    List<String> lines = trace();
                    String line = when <= lines.size() ? lines.get(when - 1) : "not reached";
                    throw new AssertionError(line + "\n" + wrong.getMessage(), wrong);
                }
            });
        }
        count.tell(reporter);
    }

    private static void judgeTraced(Command.Result result, boolean killed) {
        if (result.code() == KILLED) {
            Processes.await("all of the tree or nothing", LIMIT, () -> !isUnderWay());
            if (small.isBack()) {
                small.assertBack();
            } else {
                small.assertNothing();
            }
        } else if (killed && result.code() == 0) {
            judge(small, new ProgramFault.Late(), result);
        } else {
            judge(small, new ProgramFault.Either(), result);
        }
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

    @Tag("long")
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
        Pattern call = Pattern.compile("\\d+ +([a-z0-9_]+)\\(.*");
        SortedSet<String> kinds = new TreeSet<>();
        trace().stream().map(call::matcher).filter(Matcher::matches).forEach(found -> kinds.add(found.group(1)));
        kinds.removeAll(UNTOUCHED);
        assertTrue(kinds.size() > 20, kinds::toString);
        for (String kind : kinds) {
            for (int i = 1; i <= repeated; i++) {
                String inject = kind + ":" + fault + ":when=" + i;
                boolean killed = fault.contains("KILL");
                count.inject(inject, () -> {
                    Command.Result result = traced("-f", "-e", "inject=" + inject);
                    if (killed && NAMED.contains(kind)) {
                        Processes.await("the end of the restore", LIMIT, () -> !isUnderWay());
                        small.forgetNames();
                    }
                    judgeTraced(result, killed);
                });
            }
        }
        count.tell(reporter);
    }

    /** Whether processes of a restore are there which are not yet themselves. */
    private static boolean isUnderWay() {
        Map<Long, Long> all = Processes.all();
        return all.keySet().stream()
                .map(pid -> new String(Processes.read(pid, "cmdline"), StandardCharsets.ISO_8859_1))
                .anyMatch(line -> line.startsWith(small.saved.folder().toString()));
    }

    /** Restores under strace(1), which goes on beside the tree until that is gone. */
    private static Command.Result traced(String... options) {
        List<String> words = new ArrayList<>(List.of("strace", "-D", "-o", small.trace.toString()));
        words.addAll(List.of(options));
        words.addAll(List.of(small.saved.tree().toString(), "-d"));
        return Command.of(words).within(LIMIT).run();
    }

    /** What strace saw; the tree that was restored is gone. */
    private static List<String> trace() {
        try {
            return Files.readAllLines(small.trace);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The steps of crtools restore itself. */
    @Tag("long")
    @Timeout(value = 3, unit = TimeUnit.HOURS)
    @Test
    void tools(TestReporter reporter) {
        FaultCount count = new FaultCount();
        Command.Result all = small.saved.tryRestore(Way.JAVA, "--fault=list").ok();
        Set<String> steps = Set.copyOf(all.out().lines().toList());
        small.assertBack();
        assertEquals(2, steps.size(), all.out());
        for (int i = 1; i <= steps.size(); i++) {
            for (String how : List.of("error", "enospc")) {
                String fault = "--fault=" + how + "@" + i;
                count.inject(fault, () -> {
                    Command.Result result =
                            small.saved.tryRestore(Way.JAVA, fault).expect(how.equals("enospc") ? NO_SPACE : FAILED);
                    assertTrue(result.err().contains("crtools: fault "), result.err());
                    small.assertNothing();
                });
            }
        }
        count.tell(reporter);
    }
}
