// SPDX-License-Identifier: Apache-2.0
package org.crtools.guest;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BiConsumer;
import java.util.function.BooleanSupplier;
import java.util.stream.IntStream;
import org.crtools.guest.SavedTree.Way;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestReporter;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * A dump goes wrong at each of its steps. Before the checkpoint has its name the tree is as it was and nothing is left;
 * from then on the checkpoint is whole.
 */
class DumpFaultTest {

    private static final int FAILED = 1;
    private static final int NO_SPACE = 11;
    private static final int KILLED = 137;
    private static final int TERMINATED = 143;
    private static final int PAGE = 4096;

    /** How often a short run kills the tools in the middle of a dump, or calls the dump off. */
    private static final int KILLS = 5;

    private static final int TERMS = 4;

    private static final Duration LIMIT = Duration.ofSeconds(60);

    /** What becomes of the tree. */
    private enum Mode {
        KILL,
        RUN("--leave-running"),
        STOP("--leave-stopped");

        private final List<String> options;

        Mode(String... options) {
            this.options = List.of(options);
        }
    }

    /** A step of a dump, as {@code --fault=list} tells it. */
    private record Point(int number, String step) {

        static Point of(String line) {
            String[] words = line.split(" ", 2);
            return new Point(Integer.parseInt(words[0]), words[1]);
        }

        String line() {
            return number + " " + step;
        }
    }

    /** Runs a command of crtools. */
    @FunctionalInterface
    private interface Runner {
        Command.Result run(List<String> arguments);
    }

    /** A tree, dumped again and again. */
    private static final class Target implements AutoCloseable {

        private final Workload workload;
        private final Path checkpoint;
        private final Mode mode;
        private List<Long> tree;
        private ProcView view;
        private Surroundings surroundings;
        private int restored;

        Target(Mode mode, String program, String... arguments) {
            this.mode = mode;
            workload = Workload.of(program).arguments(arguments).start();
            checkpoint = workload.folder().resolve("checkpoint");
            workload.awaitRest();
            look();
            // The first dump of a server loads classes and native code.
            dump(Tools.of(false)::run, List.of()).ok();
            bringBack();
        }

        private void look() {
            tree = workload.tree();
            view = ProcView.of(workload.pid());
            surroundings = Surroundings.now();
        }

        Command.Result dump(Runner runner, List<String> options) {
            return dumpTo(checkpoint, runner, options);
        }

        Command.Result dumpTo(Path folder, Runner runner, List<String> options) {
            List<String> words =
                    new ArrayList<>(List.of("dump", Long.toString(workload.pid()), "-D", folder.toString()));
            words.addAll(mode.options);
            words.addAll(options);
            return runner.run(words);
        }

        List<Point> points() {
            List<Point> points = dump(Tools.of(false)::run, List.of("--fault=list"))
                    .ok()
                    .out()
                    .lines()
                    .filter(line -> Character.isDigit(line.charAt(0)))
                    .map(Point::of)
                    .toList();
            assertTrue(points.size() > 20, points::toString);
            bringBack();
            return points;
        }

        /** The tree out of its checkpoint, whatever is left of it; the checkpoint is removed. */
        private void bringBack() {
            SavedTree saved = SavedTree.at(checkpoint);
            ProcView before = view;
            // A dump that was killed may have killed a part of it.
            Processes.kill(tree);
            workload.restoredAs(saved.restore(Way.alternate(restored++)));
            if (before != null) {
                SavedTree.awaitSame(before, workload.pid(), SavedTree.EXPLAINED);
            }
            Command.of("rm", "-r", checkpoint.toString()).run().ok();
            look();
        }

        /** The tree is there, runs, and nothing else has changed; or the checkpoint is there. */
        void assertUndisturbed() {
            if (Files.exists(checkpoint)) {
                bringBack();
                return;
            }
            SavedTree.awaitSame(view, workload.pid(), List.of());
            Processes.await("no thread to be stopped or traced", LIMIT, () -> workload.tree().stream()
                    .allMatch(Processes::runs));
            surroundings.awaitSame();
        }

        /** Injects a fault that fails itself if it is not come to. */
        void inject(String what, FaultCount count, Runnable fault) {
            injectIfCome(what, count, () -> {
                fault.run();
                return true;
            });
        }

        /**
         * Injects a fault, which tells whether it was come to. What one that comes out wrong leaves behind is not held
         * against the next.
         */
        void injectIfCome(String what, FaultCount count, BooleanSupplier fault) {
            count.injectIfCome(what, () -> {
                try {
                    return fault.getAsBoolean();
                } catch (AssertionError | RuntimeException wrong) {
                    Processes.signal("CONT", tree);
                    look();
                    throw wrong;
                }
            });
        }

        /** What a killed dump has left is the next one's to remove. */
        void assertUndisturbedByKilled() {
            if (!Files.exists(checkpoint)) {
                SavedTree.awaitSame(view, workload.pid(), List.of());
                Processes.await("no thread to be stopped or traced", LIMIT, () -> workload.tree().stream()
                        .allMatch(Processes::runs));
                dump(Tools.of(false)::run, List.of("--fault=error@1")).expect(FAILED);
                surroundings.awaitSame();
            }
            assertUndisturbed();
        }

        @Override
        public void close() {
            workload.close();
        }
    }

    /** One point of each kind: its first and its last. */
    private static List<Point> few(List<Point> points) {
        List<Point> few = new ArrayList<>();
        for (int i = 0; i < points.size(); i++) {
            String step = points.get(i).step();
            boolean first = points.subList(0, i).stream()
                    .noneMatch(point -> point.step().equals(step));
            boolean last = points.subList(i + 1, points.size()).stream()
                    .noneMatch(point -> point.step().equals(step));
            if (first || last) {
                few.add(points.get(i));
            }
        }
        return few;
    }

    /** The kernels of a short run share the points: this is every third, which one is told by the kernel's version. */
    private static List<Point> share(List<Point> points) {
        int minor = Integer.parseInt(System.getProperty("os.version").split("[.-]")[1]);
        return IntStream.range(0, points.size())
                .filter(i -> i % 3 == minor % 3)
                .mapToObj(points::get)
                .toList();
    }

    /** The points from which on it matters what becomes of the tree: all is read by then. */
    private static List<Point> ofMode(List<Point> points) {
        int last = points.stream()
                .filter(point -> point.step().equals("core copied"))
                .mapToInt(points::indexOf)
                .max()
                .orElseThrow();
        return points.subList(last, points.size());
    }

    @ParameterizedTest
    @EnumSource(Mode.class)
    void fails(Mode mode, TestReporter reporter) {
        try (Target target = new Target(mode, "mixed", "1")) {
            List<Point> all = target.points();
            switch (mode) {
                case RUN -> fails(target, share(few(all)), "error", reporter);
                case KILL -> fails(target, share(few(all)), "enospc", reporter);
                case STOP -> fails(target, share(ofMode(all)), "error", reporter);
            }
            target.workload.assertPasses();
        }
    }

    /** Dumps of the target by tools that may be killed. */
    private static void withShortLivedTools(Target made, BiConsumer<Target, Runner> dumps) {
        try (Target target = made;
                Workload warm = Workload.of("mixed").arguments("1").start()) {
            ShortLivedTools tools = ShortLivedTools.prepare(warm.pid());
            warm.assertPasses();
            target.look();
            dumps.accept(target, tools::run);
            target.workload.assertPasses();
        }
    }

    @Test
    void isKilled(TestReporter reporter) {
        withShortLivedTools(
                new Target(Mode.KILL, "mixed", "1"),
                (target, tools) -> isKilled(target, spread(firsts(target.points()), KILLS), tools, reporter));
    }

    /** Called off, a dump leaves nothing for the next one, unlike a killed one; once the checkpoint is there, it is done. */
    @Test
    void isTerminated(TestReporter reporter) {
        withShortLivedTools(
                new Target(Mode.KILL, "mixed", "1"),
                (target, tools) -> isTerminated(target, spread(firsts(target.points()), TERMS), tools, reporter));
    }

    /** So many of them from the first to the last; between, at equal distances. */
    private static List<Point> spread(List<Point> points, int count) {
        return IntStream.range(0, count)
                .mapToObj(i -> points.get(i * (points.size() - 1) / (count - 1)))
                .toList();
    }

    private static List<Point> firsts(List<Point> points) {
        Set<String> seen = new HashSet<>();
        return points.stream().filter(point -> seen.add(point.step())).toList();
    }

    @Tag("long")
    @Timeout(value = 3, unit = TimeUnit.HOURS)
    @ParameterizedTest
    @EnumSource(Mode.class)
    void failsEverywhere(Mode mode, TestReporter reporter) {
        try (Target target = new Target(mode, "mixed", "5")) {
            List<Point> points = target.points();
            fails(target, points, "error", reporter);
            fails(target, points, "enospc", reporter);
            target.workload.assertPasses();
        }
    }

    @Tag("long")
    @Timeout(value = 3, unit = TimeUnit.HOURS)
    @ParameterizedTest
    @EnumSource(Mode.class)
    void isKilledEverywhere(Mode mode, TestReporter reporter) {
        withShortLivedTools(
                new Target(mode, "mixed", "5"), (target, tools) -> isKilled(target, target.points(), tools, reporter));
    }

    @Tag("long")
    @Timeout(value = 3, unit = TimeUnit.HOURS)
    @ParameterizedTest
    @EnumSource(Mode.class)
    void isTerminatedEverywhere(Mode mode, TestReporter reporter) {
        withShortLivedTools(
                new Target(mode, "mixed", "5"),
                (target, tools) -> isTerminated(target, target.points(), tools, reporter));
    }

    private static void fails(Target target, List<Point> points, String how, TestReporter reporter) {
        FaultCount count = new FaultCount();
        for (Point point : points) {
            target.inject(how + " at " + point, count, () -> {
                Command.Result result = target.dump(
                                Tools.of(false)::run, List.of("--fault=" + how + "@" + point.number()))
                        .expect(how.equals("enospc") ? NO_SPACE : FAILED);
                assertEquals(1, result.err().lines().count(), result.err());
                assertTrue(result.err().startsWith("crtools: fault " + point.step() + ": "), result.err());
                target.assertUndisturbed();
            });
        }
        count.tell(reporter);
    }

    private static void isKilled(Target target, List<Point> points, Runner runner, TestReporter reporter) {
        FaultCount count = new FaultCount();
        for (Point point : points) {
            target.inject("killed at " + point, count, () -> {
                target.dump(runner, List.of("--fault=kill@" + point.number())).expect(KILLED);
                target.assertUndisturbedByKilled();
            });
        }
        count.tell(reporter);
    }

    private static void isTerminated(Target target, List<Point> points, Runner runner, TestReporter reporter) {
        FaultCount count = new FaultCount();
        for (Point point : points) {
            target.inject("terminated at " + point, count, () -> {
                Command.Result result = target.dump(runner, List.of("--fault=term@" + point.number()));
                assertTrue(
                        result.out().lines().anyMatch(point.line()::equals), "it did not come to it: " + result.out());
                boolean whole = Files.exists(target.checkpoint);
                assertTrue(result.code() == TERMINATED || whole && result.code() == 0, result::toString);
                assertEquals("", result.err());
                if (whole && target.mode == Mode.KILL) {
                    assertTrue(target.tree.stream().noneMatch(Processes::lives), "a part of the tree is left");
                }
                target.assertUndisturbed();
            });
        }
        count.tell(reporter);
    }

    /** A file system of every size, page by page, until the checkpoint fits: each write in turn finds no space. */
    @Test
    void diskIsFull(TestReporter reporter) {
        diskIsFull("size", 24 * PAGE, PAGE, reporter);
    }

    /** The same with inodes: each creation of a file in turn finds no space. */
    @Test
    void inodesAreUsedUp(TestReporter reporter) {
        diskIsFull("nr_inodes", 1, 1, reporter);
    }

    @Tag("long")
    @Timeout(value = 3, unit = TimeUnit.HOURS)
    @Test
    void diskIsFullAtEachPage(TestReporter reporter) {
        diskIsFull("size", PAGE, PAGE, reporter);
    }

    private static void diskIsFull(String option, int step, int first, TestReporter reporter) {
        Path disk = RealProgram.newFolder("disk");
        Command.of("mount", "-t", "tmpfs", "-o", option + "=" + first, "none", disk.toString())
                .run()
                .ok();
        FaultCount count = new FaultCount();
        try (Target target = new Target(Mode.RUN, "mixed", "1")) {
            Path folder = disk.resolve("checkpoint");
            target.look();
            AtomicBoolean fits = new AtomicBoolean();
            for (int size = first; !fits.get(); size += step) {
                String room = option + "=" + size;
                Command.of("mount", "-o", "remount," + room, disk.toString())
                        .run()
                        .ok();
                target.injectIfCome(room, count, () -> {
                    target.surroundings = Surroundings.now();
                    Command.Result result = target.dumpTo(folder, Tools.of(false)::run, List.of());
                    if (result.code() == 0) {
                        fits.set(true);
                        Command.of("rm", "-r", folder.toString()).run().ok();
                    } else {
                        result.expect(NO_SPACE);
                        assertEquals(1, result.err().lines().count(), result.err());
                    }
                    target.assertUndisturbed();
                    return !fits.get();
                });
            }
            target.workload.assertPasses();
        } finally {
            Command.of("umount", disk.toString()).run().ok();
        }
        count.tell(reporter);
    }
}
