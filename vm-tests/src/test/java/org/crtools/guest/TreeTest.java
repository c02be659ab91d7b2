// SPDX-License-Identifier: Apache-2.0
package org.crtools.guest;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.crtools.guest.ProcView.Explained;
import org.crtools.guest.SavedTree.Way;
import org.crtools.guest.WorkloadList.Line;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** Every kind of state that crtools carries: dumped, killed, brought back, compared, and checked by itself. */
class TreeTest {

    /** These go on changing their memory or signal masks: they are viewed when they are stopped, before and after. */
    private static final Set<String> MOVING = Set.of("malloc", "fpu_threads");

    /** Their first process has a parent death signal. */
    private static final Set<String> DEATH_SIGNALS = Set.of("prctl", "pdeathsig");

    /** These take half a minute under emulation, and as root they are in RealInputTest too. */
    private static final Set<String> LARGE = Set.of("many", "threads512");

    /** Permissions are no matter for root. */
    private static final Set<String> OF_OWNERS = Set.of("files_unlinked", "fifo_unlinked");

    /** What an ordinary user cannot set; the tool says so in one line. */
    private static final List<Explained> USER = List.of(
            Explained.of("exe", "the image stays the program file"), Explained.of("uid_map", "of the user namespace"));

    private enum Who {
        ROOT,
        USER_NEW_PIDS,
        USER_NEW_PIDNS;

        boolean user() {
            return this != ROOT;
        }

        String[] options() {
            return switch (this) {
                case ROOT -> new String[0];
                case USER_NEW_PIDS -> new String[] {"--new-pids"};
                case USER_NEW_PIDNS -> new String[] {"--new-pidns"};
            };
        }
    }

    @TestFactory
    Stream<DynamicTest> comesBack() {
        List<DynamicTest> tests = new ArrayList<>();
        for (Line line : lines()) {
            tests.add(test(line, Who.ROOT, Way.alternate(tests.size())));
        }
        return tests.stream();
    }

    /** As an ordinary user, with new pids or in namespaces of its own by turns. */
    @TestFactory
    Stream<DynamicTest> comesBackAsUser() {
        List<DynamicTest> tests = new ArrayList<>();
        for (Line line : lines()) {
            // Of the classes that need rights somewhere every line, of the others some.
            boolean chosen = List.of("process", "tree").contains(line.kind())
                    || OF_OWNERS.contains(line.id())
                    || line.id().hashCode() % 3 == 0;
            if (chosen && !LARGE.contains(line.id()) && !line.needs().contains("root")) {
                Who who = tests.size() % 4 < 2 ? Who.USER_NEW_PIDS : Who.USER_NEW_PIDNS;
                tests.add(test(line, who, Way.alternate(tests.size())));
            }
        }
        return tests.stream();
    }

    /** What wants a terminal is tested apart. */
    private static List<Line> lines() {
        return WorkloadList.of("kernel", "process", "memory", "files", "pipes", "tree").stream()
                .filter(line -> !line.needs().contains("tty"))
                .toList();
    }

    private static DynamicTest test(Line line, Who who, Way way) {
        return DynamicTest.dynamicTest(line + " " + who + " " + way, () -> comesBack(line, who, way));
    }

    private static void comesBack(Line line, Who who, Way way) {
        Workload.Setup setup = line.setup();
        if (who.user()) {
            setup = setup.asUser().with("CR_EXE", "any");
        }
        if (who == Who.USER_NEW_PIDS) {
            setup = setup.with("CR_PIDS", "any");
        }
        try (Workload workload = setup.start()) {
            List<Long> tree = workload.tree();
            Path folder = workload.folder().resolve("checkpoint");
            boolean moving = MOVING.contains(line.id());
            workload.awaitRest();
            if (moving) {
                workload.stop();
            }
            ProcView before = ProcView.of(workload.pid());
            SavedTree saved = SavedTree.dump(workload.pid(), folder, who.user());
            tree.forEach(pid -> assertFalse(Processes.lives(pid), () -> pid + " lives on"));
            long root = saved.restore(way, clearsDeathSignal(line, who), who.options());
            long old = workload.pid();
            workload.restoredAs(root);
            SavedTree.awaitSame(before, root, explained(line, who));
            if (who == Who.ROOT) {
                assertEquals(old, root);
            }
            if (moving) {
                workload.signal("CONT");
            }
            workload.assertPasses();
        }
    }

    /** In a new pid namespace its parent stays. */
    private static boolean clearsDeathSignal(Line line, Who who) {
        return DEATH_SIGNALS.contains(line.id()) && who != Who.USER_NEW_PIDNS;
    }

    private static List<Explained> explained(Line line, Who who) {
        List<Explained> explained = new ArrayList<>(SavedTree.EXPLAINED);
        explained.addAll(SavedTree.EXPLAINED_OF_FILES);
        if (line.id().equals("timers")) {
            explained.add(ProcView.HANDLERS);
        }
        if (who.user()) {
            explained.addAll(USER);
            explained.add(ProcView.PIDS);
        }
        if (who == Who.USER_NEW_PIDNS) {
            explained.add(Explained.of("fdinfo \\d+ mnt_id", "it has a mount namespace of its own, for its /proc"));
        }
        return explained;
    }
}
