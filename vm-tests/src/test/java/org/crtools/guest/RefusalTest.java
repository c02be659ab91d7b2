// SPDX-License-Identifier: Apache-2.0
package org.crtools.guest;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.crtools.guest.WorkloadList.Line;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** What cannot be captured is refused by name before anything is written, and the target runs on. */
class RefusalTest {

    /** What the refusal says, where that is more than the list's word for the kind. */
    private static final Map<String, String> WORDS = Map.of(
            "shared_files", "descriptor table shared with process \\d+ \\(CLONE_FILES\\)",
            "shared_fs", "working directory shared with process \\d+ \\(CLONE_FS\\)",
            "shared_vm", "memory shared with process \\d+ \\(vfork or CLONE_VM\\)",
            "shared_handlers", "memory shared with process \\d+ \\(vfork or CLONE_VM\\)",
            "thread_files", "descriptor table of its own",
            "thread_fs", "working directory of its own",
            "thread_creds", "credentials other than the main thread's");

    @TestFactory
    Stream<DynamicTest> refuses() {
        return WorkloadList.of("other").stream()
                .filter(line -> !line.refused().isEmpty())
                .map(line -> DynamicTest.dynamicTest(line.id(), () -> refuses(line)));
    }

    private static void refuses(Line line) throws IOException {
        try (Workload workload = line.setup().start()) {
            List<Long> tree = workload.tree();
            Path folder = workload.folder().resolve("checkpoint");
            Command.Result result = Tools.of(false)
                    .run("dump", Long.toString(workload.pid()), "-D", folder.toString())
                    .expect(3);
            assertNames(result.err(), tree, line.refused());
            assertFalse(
                    entries(workload.folder()).stream().anyMatch(name -> name.startsWith("checkpoint")),
                    () -> "something was written: " + entries(workload.folder()));
            tree.forEach(pid -> assertTrue(Processes.lives(pid), () -> pid + " is gone"));
            workload.assertPasses();
        }
    }

    /** A line "crtools: pid N fd M: KIND", or with a mapping or a thread for the descriptor. */
    private static void assertNames(String said, List<Long> tree, String kind) {
        String pids = tree.stream().map(String::valueOf).collect(Collectors.joining("|"));
        Pattern wanted = Pattern.compile("(?m)^crtools: pid (" + pids + ")( fd \\d+| thread \\d+| [0-9a-f]+)?: .*"
                + WORDS.getOrDefault(kind, "\\b" + kind + "\\b"));
        assertTrue(wanted.matcher(said).find(), () -> "no " + wanted + " in:\n" + said);
    }

    private static List<String> entries(Path folder) {
        String[] names = folder.toFile().list();
        return names == null ? List.of() : List.of(names);
    }
}
