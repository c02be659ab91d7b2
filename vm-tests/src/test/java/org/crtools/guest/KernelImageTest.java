// SPDX-License-Identifier: Apache-2.0
package org.crtools.guest;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.crtools.guest.ProcView.Explained;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** The module alone: cat(1) saves a stopped process, execve(2) brings it back. */
@Tag("kernel")
class KernelImageTest {

    /** What an image without a restore program takes from its caller, by design. */
    private static final List<Explained> CALLERS = List.of(
            ProcView.PIDS,
            Explained.of("fd(info)? .*", "descriptors are the caller's"),
            Explained.of("cwd", "so is the folder"),
            Explained.of("stat tty", "and the terminal"),
            Explained.of("coredump_filter|oom_score_adj|limit .*|status Umask", "and what a program inherits"),
            Explained.of("status VmSize", "told by the maps"));

    /** What the ordinary user may not set. */
    private static final List<Explained> EXE = List.of(Explained.of("exe", "the image stays the program file"));

    @TestFactory
    Stream<DynamicTest> goesOnAsUser() {
        return each(true);
    }

    @TestFactory
    Stream<DynamicTest> goesOnAsRoot() {
        return each(false);
    }

    private static Stream<DynamicTest> each(boolean user) {
        return WorkloadList.of("kernel").stream().flatMap(line -> line.variants().stream()
                // Root takes the dynamic ones: rights matter to it, not the way of linking.
                .filter(variant -> user || variant == Workload.Variant.DYNAMIC)
                .map(variant -> DynamicTest.dynamicTest(
                        line.id() + " " + variant, () -> goesOn(line.setup().variant(variant), user))));
    }

    private static void goesOn(Workload.Setup setup, boolean user) {
        try (Workload workload = start(setup, user)) {
            workload.awaitRest();
            workload.stop();
            ProcView before = ProcView.of(workload.pid());
            KernelImage image =
                    KernelImage.dump(workload.pid(), workload.folder().resolve("img"), user);
            workload.kill();
            workload.restoredAs(image.exec());
            workload.awaitRest();
            workload.stop();
            List<Explained> explained = new ArrayList<>(CALLERS);
            if (setup.name().equals("malloc")) {
                explained.add(Explained.of("map .*", "it went on allocating"));
            }
            if (user) {
                explained.addAll(EXE);
            }
            if (setup.name().equals("timers")) {
                explained.add(ProcView.HANDLERS);
            }
            before.assertSame(ProcView.of(workload.pid()), explained);
            workload.signal("CONT");
            workload.assertPasses();
        }
    }

    private static Workload start(Workload.Setup setup, boolean user) {
        Workload.Setup here = setup.with("CR_PIDS", "any").with("CR_EXE", "any");
        return (user ? here.asUser() : here).start();
    }

    @Test
    void leavesTheDumpedProcessRunning() {
        try (Workload workload = start(Workload.of("threads"), true)) {
            workload.stop();
            KernelImage.dump(workload.pid(), workload.folder().resolve("img"), true);
            workload.signal("CONT");
            workload.assertPasses();
        }
    }

    @Test
    void twoAtOnceAreIndependent() {
        try (Workload workload = start(Workload.of("threads"), true)) {
            workload.stop();
            KernelImage image =
                    KernelImage.dump(workload.pid(), workload.folder().resolve("img"), true);
            workload.kill();
            long one = image.exec();
            long other = image.exec();
            assertTrue(one != other);
            workload.restoredAs(one);
            workload.assertPasses();
            Command.of("rm", workload.folder().resolve("result").toString())
                    .run()
                    .ok();
            assertTrue(Processes.lives(other));
            workload.restoredAs(other);
            workload.assertPasses();
        }
    }

    @Test
    void tenGenerations() {
        try (Workload workload = start(Workload.of("fpu_threads").arguments("4"), true)) {
            for (int generation = 0; generation < 10; generation++) {
                workload.stop();
                KernelImage image =
                        KernelImage.dump(workload.pid(), workload.folder().resolve("img" + generation), true);
                workload.kill();
                workload.restoredAs(image.exec());
            }
            workload.assertPasses();
        }
    }
}
