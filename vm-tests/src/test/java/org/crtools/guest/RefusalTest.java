// SPDX-License-Identifier: Apache-2.0
package org.crtools.guest;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.crtools.guest.WorkloadList.Line;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** What cannot be captured is refused by name before anything is written, and the target runs on. */
class RefusalTest {

    private static final Duration LIMIT = Duration.ofSeconds(60);

    /** What the refusal says, where that is more than the list's word for the kind. */
    private static final Map<String, String> WORDS = Map.ofEntries(
            Map.entry("shared_files", "descriptor table shared with process \\d+ \\(CLONE_FILES\\)"),
            Map.entry("shared_fs", "working directory shared with process \\d+ \\(CLONE_FS\\)"),
            Map.entry("shared_vm", "memory shared with process \\d+ \\(vfork or CLONE_VM\\)"),
            Map.entry("shared_handlers", "memory shared with process \\d+ \\(vfork or CLONE_VM\\)"),
            Map.entry("thread_files", "descriptor table of its own"),
            Map.entry("thread_fs", "working directory of its own"),
            Map.entry("thread_creds", "credentials other than the main thread's"),
            Map.entry("process_file", "file of a process \\(/proc/\\d+(/task)?\\)"),
            Map.entry("unwritten", "FIFO that nobody has opened for writing yet \\(.*/unwritten\\)"),
            Map.entry("folderless", "file whose name is gone, and whose folder cannot be searched .*"),
            Map.entry("read_outside", "pipe that is read outside the tree"),
            Map.entry("written_outside", "pipe that is written outside the tree"));

    private static final Path NOWHERE = Path.of("/dev/null");

    @TestFactory
    Stream<DynamicTest> refuses() {
        return WorkloadList.of("other").stream()
                .filter(line -> !line.refused().isEmpty())
                .map(line -> DynamicTest.dynamicTest(line.id(), () -> {
                    Assumptions.assumeTrue(line.isHere(), () -> "this machine does not have it: " + line.needs());
                    refuses(line);
                }));
    }

    /** Of the end of a setuid program the kernel tells an ordinary user nothing. */
    @Test
    void anEndThatTheUserMayNotSee() throws IOException {
        Path folder = RealProgram.newFolder("zombie");
        Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwxrwxrwx"));
        // The shell would wait for its child, so that ends when the shell has become a program that does not.
        Process process = Command.shell("{ while read -r name < /proc/$$/comm && [ \"$name\" != sleep ]; do :; done;"
                        + " exec su --help; } & exec sleep 1000")
                .prefixed("setsid")
                .asUser()
                .start(NOWHERE, NOWHERE);
        try {
            Processes.await("a zombie", LIMIT, () -> Processes.tree(process.pid()).stream()
                    .anyMatch(pid -> Processes.stat(pid).get(0).equals("Z")));
            long zombie = Processes.tree(process.pid()).get(1);
            Command.Result result = Tools.of(true)
                    .run(
                            "dump",
                            Long.toString(process.pid()),
                            "-D",
                            folder.resolve("checkpoint").toString())
                    .expect(3);
            assertEquals("crtools: pid " + zombie + ": exit status of a zombie that only root may see\n", result.err());
        } finally {
            Processes.kill(Processes.tree(process.pid()));
        }
    }

    private static void refuses(Line line) throws IOException {
        try (Workload workload = line.setup().start()) {
            List<Long> tree = workload.tree();
            List<Long> alive = tree.stream().filter(Processes::lives).toList();
            Path folder = workload.folder().resolve("checkpoint");
            Command.Result result = Tools.of(false)
                    .run("dump", Long.toString(workload.pid()), "-D", folder.toString())
                    .expect(3);
            assertNames(result.err(), tree, line.refused());
            assertFalse(
                    entries(workload.folder()).stream().anyMatch(name -> name.startsWith("checkpoint")),
                    () -> "something was written: " + entries(workload.folder()));
            alive.forEach(pid -> assertTrue(Processes.lives(pid), () -> pid + " is gone"));
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

    /** What its owner has open for writing, but may only read: he could not open it again. */
    @Test
    void refusesWhatTheUserMayNotOpenAgain() throws IOException {
        try (Workload workload = Workload.of("files_regular").asUser().start()) {
            Path folder = workload.folder().resolve("checkpoint");
            Path file;
            try (Stream<Path> files = Files.walk(workload.folder())) {
                file = files.filter(path -> path.endsWith("read-write"))
                        .findFirst()
                        .orElseThrow();
            }
            Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("r--------"));
            Command.Result result = Tools.of(true)
                    .run("dump", Long.toString(workload.pid()), "-D", folder.toString())
                    .expect(3);
            assertTrue(
                    result.err()
                            .matches("crtools: pid " + workload.pid()
                                    + " fd \\d+: file that you may not open again as it is open \\(" + file
                                    + ": permission denied\\); .*\n"),
                    result::err);
            workload.assertPasses();
        }
    }

    private static List<String> entries(Path folder) {
        String[] names = folder.toFile().list();
        return names == null ? List.of() : List.of(names);
    }
}
