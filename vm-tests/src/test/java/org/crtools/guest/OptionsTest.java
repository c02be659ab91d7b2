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
import org.crtools.guest.SavedTree.Way;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** What the options of dump and restore promise, and checkpoints of what was restored. */
class OptionsTest {

    private static final Duration LIMIT = Duration.ofSeconds(60);

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

    /** The permissions of a file are not its type, although they share a number with it. */
    @ParameterizedTest
    @CsvSource({"files_regular,JAVA", "files_opath,IMAGE"})
    void permissionsMayChangeMeanwhile(String program, Way way) {
        try (Workload workload = Workload.of(program).start()) {
            Path folder = workload.folder();
            SavedTree saved = SavedTree.dump(workload.pid(), folder.resolve("checkpoint"), false);
            Command.of("sh", "-c", "chmod -R ug+s,u-r,+t " + folder + "/" + program + ".*")
                    .run()
                    .ok();
            workload.restoredAs(saved.restore(way));
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
                .allMatch(Processes::isStopped));
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
}
