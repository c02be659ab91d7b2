// SPDX-License-Identifier: Apache-2.0
package org.crtools.guest;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;
import org.crtools.guest.SavedTree.Way;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.TestFactory;

/**
 * Programs that people run: checkpointed at moments spread over their run, each time killed and brought back, through
 * Java and by executing the image in turn; what they make in the end is what an undisturbed run makes.
 */
class RealInputTest {

    private static final int FEW = 2;
    private static final int MANY = 10;

    /** For the run of as much work as ten moments want, on a machine that shares its processors. */
    private static final Duration UNDISTURBED = Duration.ofMinutes(10);

    private interface Scenario {
        void run(int moments) throws IOException;
    }

    /** Or the programs would have done all their work by the first dump. */
    @BeforeAll
    static void warmUp() {
        SavedTree.warmUp();
    }

    @TestFactory
    Stream<DynamicTest> atTwoMoments() {
        return all(FEW);
    }

    @Tag("long")
    @TestFactory
    Stream<DynamicTest> atTenMoments() {
        return all(MANY);
    }

    private static Stream<DynamicTest> all(int moments) {
        return Stream.of(
                test("tar and gzip", RealInputTest::targz, moments),
                test("Python threads that hash", RealInputTest::hashlog, moments),
                test("make -j2", RealInputTest::project, moments),
                test("Java", RealInputTest::counter, moments),
                test("512 threads", count -> workload("threads512", count), moments),
                test("many processes", count -> workload("many", count), moments));
    }

    private static DynamicTest test(String name, Scenario scenario, int moments) {
        return DynamicTest.dynamicTest(name, () -> scenario.run(moments));
    }

    private static void targz(int moments) throws IOException {
        Path folder = RealProgram.newFolder("targz");
        String script = RealProgram.PROGRAMS.resolve("targz.sh").toString();
        Path archive = folder.resolve("archive.gz");
        Path wanted = folder.resolve("wanted.gz");
        Command.of(script, "make", folder.resolve("in").toString(), Integer.toString(work(6, moments)))
                .run()
                .ok();
        Command.of(script, "run", folder.resolve("in").toString(), wanted.toString())
                .within(UNDISTURBED)
                .run()
                .ok();
        try (RealProgram program =
                RealProgram.start(folder, script, "run", folder.resolve("in").toString(), archive.toString())) {
            Middle middle = new Middle();
            for (int i = 0; i < moments; i++) {
                long size = Files.size(wanted) * (i + 1) / (moments + 1);
                program.await(size + " bytes of the archive", () -> size(archive) >= size);
                program.checkpoint(i, middle.when(() -> size(archive) < size(wanted)));
            }
            middle.assertSeen();
            program.awaitEnd();
            program.assertPassed();
        }
        assertEquals(-1, Files.mismatch(wanted, archive));
    }

    private static void hashlog(int moments) throws IOException {
        // "R file-NNNN " and 64 digits of a hash.
        int line = 77;
        int files = 120;
        int rounds = work(3, moments);
        long whole = (long) line * files * rounds;
        Path folder = RealProgram.newFolder("hashlog");
        String script = RealProgram.PROGRAMS.resolve("hashlog.py").toString();
        String in = folder.resolve("in").toString();
        Path log = folder.resolve("log");
        Command.of(script, "make", in, Integer.toString(files)).run().ok();
        try (RealProgram program =
                RealProgram.start(folder, script, "run", in, log.toString(), Integer.toString(rounds))) {
            Middle middle = new Middle();
            for (int i = 0; i < moments; i++) {
                long size = whole * (i + 1) / (moments + 1);
                program.await(size + " bytes of the log", () -> size(log) >= size);
                program.checkpoint(i, middle.when(() -> size(log) < whole));
            }
            middle.assertSeen();
            program.awaitEnd();
            program.assertPassed();
        }
        Command.of(script, "check", in, log.toString(), Integer.toString(rounds))
                .run()
                .ok();
    }

    private static void project(int moments) throws IOException {
        int files = 12;
        Path folder = RealProgram.newFolder("project");
        String script = RealProgram.PROGRAMS.resolve("project.sh").toString();
        Path project = folder.resolve("project");
        Command.of(script, "make", project.toString(), Integer.toString(files), "6")
                .run()
                .ok();
        try (RealProgram program = RealProgram.start(folder, "make", "-j2", "-C", project.toString())) {
            Middle middle = new Middle();
            for (int i = 0; i < moments; i++) {
                long objects = (long) files * (i + 1) / (moments + 1);
                program.await(objects + " objects", () -> objects(project) >= objects);
                program.checkpoint(i, middle.when(() -> !Files.exists(project.resolve("program"))));
            }
            middle.assertSeen();
            program.awaitEnd();
        }
        Command.of(script, "check", project.toString()).run().ok();
    }

    private static void counter(int moments) throws IOException {
        Path folder = RealProgram.newFolder("counter");
        Path counts = folder.resolve("counts");
        try (RealProgram program =
                RealProgram.startJava(folder, "-cp", "/put/workloads", "Counter", "4", "20000", counts.toString())) {
            program.await("the counting", () -> Files.exists(folder.resolve("ready")));
            for (int i = 0; i < moments; i++) {
                goesOn(program, counts);
                program.checkpoint(i, () -> otherJvm(program.root()));
            }
            goesOn(program, counts);
            program.terminate();
            program.assertPassed();
        }
        List<Long> numbers =
                Files.readAllLines(counts).stream().map(Long::valueOf).toList();
        assertEquals(numbers.stream().sorted().toList(), numbers, "it never counts backwards");
    }

    /** One that starts removes what the dead ones have left in /tmp, which the checkpoint must not need. */
    private static void otherJvm(long dead) {
        Command.of("java", "-version").within(Tools.LIMIT).run().ok();
        assertFalse(Files.exists(Path.of("/tmp/hsperfdata_root", Long.toString(dead))));
    }

    private static void goesOn(RealProgram program, Path counts) {
        long size = size(counts);
        program.await("more counts", () -> size(counts) > size + 20);
    }

    /** A workload of the list; its moments are generations. */
    private static void workload(String id, int moments) {
        Workload.Setup setup = WorkloadList.all().stream()
                .filter(line -> line.id().equals(id))
                .findFirst()
                .orElseThrow()
                .setup();
        try (Workload workload = setup.start()) {
            int processes = workload.tree().size();
            int threads = Processes.threads(workload.pid()).size();
            assertTrue(processes >= 100 || threads >= 512, processes + " processes, " + threads + " threads");
            for (int i = 0; i < moments; i++) {
                SavedTree saved =
                        SavedTree.dump(workload.pid(), workload.folder().resolve("moment" + i), false);
                workload.restoredAs(saved.restore(Way.alternate(i)));
                Processes.await(
                        "all threads and processes",
                        Duration.ofSeconds(120),
                        () -> workload.tree().size() == processes
                                && Processes.threads(workload.pid()).size() == threads);
            }
            workload.assertPasses();
        }
    }

    /** Whether one of the moments at least was before the work was done. */
    private static final class Middle {
        private boolean seen;

        /** For between dump and restore, when nothing goes on. */
        Runnable when(BooleanSupplier undone) {
            return () -> seen |= undone.getAsBoolean();
        }

        void assertSeen() {
            assertTrue(seen, "the work was done before the first dump");
        }
    }

    /** How much longer a program must run to be still there at the last of so many moments. */
    private static int work(int few, int moments) {
        return few * moments / FEW;
    }

    private static long objects(Path project) {
        try (Stream<Path> files = Files.list(project)) {
            return files.filter(file -> file.toString().endsWith(".o")).count();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static long size(Path file) {
        try {
            return Files.exists(file) ? Files.size(file) : 0;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
