// SPDX-License-Identifier: Apache-2.0
package org.crtools.guest;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.crtools.guest.SavedTree.Way;
import org.crtools.image.BuildId;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** One clear sentence, the documented exit code, nothing lost and nothing left behind. */
class BadInputTest {

    private static final int PERMISSION = 4;
    private static final int CORRUPT = 5;
    private static final int HOST = 6;
    private static final int NO_MODULE = 7;
    private static final int NO_PROCESS = 8;
    private static final int CHANGED = 9;
    private static final int PID_TAKEN = 10;
    private static final int NO_SPACE = 11;

    private static final Duration LIMIT = Duration.ofSeconds(30);

    private static int moduleUsers() {
        try {
            return Integer.parseInt(
                    Files.readString(Path.of("/sys/module/crtools/refcnt")).strip());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Test
    void noModule() {
        try (Workload restored = Workload.of("threads").arguments("6").start();
                Workload target = Workload.of("threads").arguments("6").start()) {
            SavedTree saved = SavedTree.dump(restored.pid(), restored.folder().resolve("checkpoint"), false);
            restored.restoredAs(saved.restore(Way.IMAGE));
            // The last moments of a restore, when its threads leave the restorer, come after the end of the command.
            Processes.await("the module to be free", LIMIT, () -> moduleUsers() == 0);
            Command.of("rmmod", "crtools").run().ok();
            try {
                String verdict = Tools.of(false).run("check").expect(NO_MODULE).out();
                assertTrue(verdict.contains("crtools does not work here: the kernel module is not loaded"), verdict);
                Path folder = target.folder().resolve("checkpoint");
                refuse(NO_MODULE, "module crtools is not loaded", "dump", pid(target), "-D", folder.toString());
                assertFalse(Files.exists(folder));
                refuse(
                        NO_MODULE,
                        "module crtools is not loaded",
                        "restore",
                        "-D",
                        saved.folder().toString());
                assertNotEquals(0, Command.shell(saved.tree().toString()).run().code());
                restored.assertPasses();
            } finally {
                Command.of("insmod", "/put/crtools.ko").run().ok();
            }
            target.assertPasses();
        }
    }

    @Test
    void noPermissionToDump() {
        try (Workload target = Workload.of("threads").arguments("6").start()) {
            Path folder = target.folder().resolve("checkpoint");
            Command.Result result = Tools.of(true)
                    .run("dump", pid(target), "-D", folder.toString())
                    .expect(PERMISSION);
            assertSentence(result.err(), "no permission");
            assertFalse(Files.exists(folder));
            target.stop();
            Command.Result cat = Command.of("cat", "/proc/" + target.pid() + "/dump")
                    .asUser()
                    .run();
            assertTrue(cat.code() == 1 && cat.err().contains("Permission denied"), cat::err);
            target.signal("CONT");
            target.assertPasses();
        }
    }

    /** Another user's checkpoint is neither shown nor executed, wherever it is; nor is any file of it to be read. */
    @Test
    void noPermissionToRestore() {
        try (Workload target = Workload.of("mixed").arguments("1").start()) {
            SavedTree saved =
                    SavedTree.dump(target.pid(), target.folder().resolve("checkpoint"), false, "--leave-running");
            assertEquals("drwx------", mode(saved.folder()));
            Map<Boolean, List<Path>> files = Stream.of(saved.folder().toFile().listFiles())
                    .map(File::toPath)
                    .collect(Collectors.partitioningBy(
                            file -> file.getFileName().toString().endsWith(".img")));
            // Of two processes and the tree; of the unlinked file and FIFO, the pipe and the shared memory.
            assertEquals(3, files.get(true).size(), files::toString);
            assertTrue(files.get(false).size() >= 2, files::toString);
            files.get(true).forEach(image -> assertEquals("-rwx------", mode(image), image::toString));
            files.get(false).forEach(content -> assertEquals("-rw-------", mode(content), content::toString));

            refuseUser(saved.tree(), "restore", "-D", saved.folder().toString());
            refuseUser(saved.tree(), "show", saved.folder().toString());
            refuseUser(saved.tree(), "exec", saved.tree().toString());
            Command.Result direct =
                    Command.shell(saved.tree().toString()).asUser().run();
            assertTrue(direct.code() == 126 && direct.err().contains("Permission denied"), direct::err);
            Path closed = RealProgram.newFolder("closed");
            Command.of("cp", "-a", saved.folder().toString(), closed.toString())
                    .run()
                    .ok();
            refuseUser(closed, "restore", "-D", closed.resolve("checkpoint").toString());
            target.assertPasses();
        }
    }

    private static void refuseUser(Path named, String... command) {
        assertSentence(Tools.of(true).run(command).expect(PERMISSION).err(), named.toString());
    }

    private static String mode(Path file) {
        return Command.of("stat", "-c", "%A", file.toString()).run().ok().out().strip();
    }

    @Test
    void processGone() throws InterruptedException {
        Process gone = Command.of("true").start(Path.of("/dev/null"), Path.of("/dev/null"));
        gone.waitFor();
        refuse(NO_PROCESS, "no process " + gone.pid(), "dump", Long.toString(gone.pid()), "-D", "/tmp/gone");
        assertFalse(Files.exists(Path.of("/tmp/gone")));
    }

    /** A thread in vfork(2) takes no signal and no tracer's request before its child has called execve or ended. */
    @Test
    void willNotStop() {
        try (Workload target = Workload.of("vfork").start()) {
            target.awaitRest();
            ProcView before = ProcView.of(target.pid());
            List<Long> threads = Processes.threads(target.pid());
            Path folder = target.folder().resolve("checkpoint");
            refuse(
                    NO_PROCESS,
                    "thread " + threads.get(1) + " of process " + target.pid() + " will not stop",
                    "dump",
                    "--timeout",
                    "1",
                    pid(target),
                    "-D",
                    folder.toString());
            assertFalse(Files.exists(folder));
            // The tracing thread, whose end lets everything go on, may end after the command.
            Processes.await("no thread to be stopped or traced", LIMIT, () -> target.tree().stream()
                    .allMatch(Processes::runs));
            before.assertSame(ProcView.of(target.pid()), List.of());
            target.assertPasses();
        }
    }

    @Test
    void notStopped() {
        try (Workload target = Workload.of("threads").arguments("6").start()) {
            Command.Result cat =
                    Command.of("cat", "/proc/" + target.pid() + "/dump").run();
            assertEquals(1, cat.code());
            assertTrue(cat.err().contains("resource busy"), cat::err);
            assertEquals("", cat.out());
            target.assertPasses();
        }
    }

    @Test
    void existingFolderIsNotTouched() throws IOException {
        try (Workload target = Workload.of("threads").arguments("6").start()) {
            Path folder = Files.createDirectory(target.folder().resolve("mine"));
            refuse(1, "exists already", "dump", pid(target), "-D", folder.toString());
            assertArrayEmpty(folder);
            target.assertPasses();
        }
    }

    private static void assertArrayEmpty(Path folder) {
        assertEquals(List.of(), List.of(folder.toFile().list()));
    }

    /** Damage to the tree image and to a core image, each found by the tools and by the kernel. */
    @TestFactory
    Stream<DynamicTest> damaged() {
        List<DynamicTest> tests = new ArrayList<>();
        for (String image : List.of("tree", "core")) {
            Damage.corruptions()
                    .forEach((name, change) -> tests.add(DynamicTest.dynamicTest(
                            image + " image: " + name,
                            () -> damaged(image, change, CORRUPT, "Bad message", "damaged"))));
            tests.add(DynamicTest.dynamicTest(
                    image + " image: other machine",
                    () -> damaged(
                            image,
                            Damage::otherMachine,
                            HOST,
                            "Operation not supported",
                            "of another kind of machine")));
            tests.add(DynamicTest.dynamicTest(
                    image + " image: newer version",
                    () -> damaged(image, Damage::newer, CORRUPT, "Protocol not supported", "in another version")));
        }
        return tests.stream();
    }

    /**
     * @param error what strerror(3) says of execve's refusal
     * @param words what the tree image says of its core image
     */
    private static void damaged(String image, Damage.Change change, int code, String error, String words) {
        Path template = template();
        Path folder = RealProgram.newFolder("damaged").resolve("checkpoint");
        Command.of("cp", "-a", template.toString(), folder.toString()).run().ok();
        Path core = Stream.of(folder.toFile().listFiles())
                .map(file -> file.toPath())
                .filter(file -> file.getFileName().toString().startsWith("core-"))
                .findFirst()
                .orElseThrow();
        Path victim = image.equals("tree") ? folder.resolve("tree.img") : core;
        Damage.apply(victim, change);
        Map<Long, Long> before = Processes.all();

        Command.Result java =
                Tools.of(false).run("restore", "-D", folder.toString(), "-d").expect(code);
        assertSentence(java.err(), victim.toString());
        Command.Result kernel = Command.shell(victim.toString()).run();
        assertEquals(126, kernel.code(), kernel::err);
        assertTrue(kernel.err().contains(error), kernel::err);
        if (image.equals("core")) {
            Command.Result tree =
                    Command.shell(folder.resolve("tree.img") + " -d").run().expect(code);
            assertSentence(tree.err(), victim.getFileName() + " is " + words);
        }
        assertNothingNew(before);
    }

    /** A checkpoint to be copied and spoiled, made once in the machine. */
    private static Path template() {
        Path folder = Path.of("/tmp/to-be-damaged");
        if (!Files.exists(folder)) {
            try (Workload workload = Workload.of("threads").arguments("6").start()) {
                SavedTree.dump(workload.pid(), folder, false);
            }
        }
        return folder;
    }

    @Test
    void damagedPagesAreFoundWhenAskedFor() {
        try (Workload workload = Workload.of("threads").arguments("6").start()) {
            SavedTree saved = SavedTree.dump(workload.pid(), workload.folder().resolve("checkpoint"), false);
            Damage.apply(saved.core(workload.pid()), Damage::pageData);
            refuse(
                    CORRUPT,
                    "core-" + workload.pid(),
                    "restore",
                    "--verify",
                    "-D",
                    saved.folder().toString());
            Damage.apply(saved.core(workload.pid()), Damage::pageData); // The same bit once more: it is whole again.
            Tools.of(false)
                    .run("restore", "--verify", "-d", "-D", saved.folder().toString())
                    .ok();
            workload.assertPasses();
        }
    }

    @ParameterizedTest
    @EnumSource(Way.class)
    void coreImageMissing(Way way) {
        try (Workload workload = Workload.of("tree").arguments("1", "2").start()) {
            List<Long> tree = workload.tree();
            SavedTree saved = SavedTree.dump(workload.pid(), workload.folder().resolve("checkpoint"), false);
            Path missing = saved.core(tree.get(tree.size() - 1));
            Command.of("mv", missing.toString(), missing + ".away").run().ok();
            assertRefused(saved, way, CHANGED, missing.getFileName().toString());
            Command.of("mv", missing + ".away", missing.toString()).run().ok();
            workload.restoredAs(saved.restore(way));
            workload.assertPasses();
        }
    }

    /** A mapped file, and one that is open: grown, cut, gone; put back, the checkpoint is as good as ever. */
    @TestFactory
    Stream<DynamicTest> changedFile() {
        List<DynamicTest> tests = new ArrayList<>();
        for (String program : List.of("map_file_private", "files_regular")) {
            for (String change : List.of("echo more >>", "truncate -s -1", "rm")) {
                Way way = Way.alternate(tests.size());
                tests.add(DynamicTest.dynamicTest(
                        program + ": " + change + " " + way, () -> changedFile(program, change, way)));
            }
        }
        return tests.stream();
    }

    private static void changedFile(String program, String change, Way way) {
        try (Workload workload = Workload.of(program).start()) {
            Path file = fileOf(workload);
            SavedTree saved = SavedTree.dump(workload.pid(), workload.folder().resolve("checkpoint"), false);
            Command.of("cp", "-a", file.toString(), "/tmp/original").run().ok();
            Command.shell(change + " '" + file + "'").run().ok();
            // Of a file that is mapped the kernel tells no name: Java does.
            boolean named = way == Way.JAVA || !program.startsWith("map_");
            String image = saved.core(workload.pid()).getFileName()
                    + (change.equals("rm")
                            ? " or a file that it maps is missing"
                            : ": a file that it maps has changed");
            assertRefused(saved, way, CHANGED, named ? file.toString() : image);
            Command.shell("cat /tmp/original >'" + file + "'").run().ok();
            workload.restoredAs(saved.restore(way));
            workload.assertPasses();
        }
    }

    /** A program that was built anew, of the same size by chance: its build id is another one. */
    @ParameterizedTest
    @EnumSource(Way.class)
    void changedProgram(Way way) throws IOException {
        Path folder = RealProgram.newFolder("program");
        Path file = folder.resolve("counter");
        Command.of("cp", "/put/workloads/counter", file.toString()).run().ok();
        byte[] original = Files.readAllBytes(file);
        try (RealProgram program = RealProgram.start(folder, file.toString())) {
            program.await("the workload to be ready", () -> Files.exists(folder.resolve("ready")));
            SavedTree saved = SavedTree.dump(program.root(), folder.resolve("checkpoint"), false);
            byte[] id = BuildId.of(file).toBytes();
            assertEquals(20, id.length);
            byte[] changed = original.clone();
            changed[latin(original).indexOf(latin(id)) + id.length - 1] ^= 1;
            Files.write(file, changed);
            String image = saved.core(program.root()).getFileName().toString();
            assertRefused(
                    saved,
                    way,
                    CHANGED,
                    image + ": a file that it maps" + (way == Way.JAVA ? " has changed since the dump: " + file : ""));
            Files.write(file, original);
            assertEquals(program.root(), saved.restore(way));
            program.terminate();
            program.assertPassed();
        }
    }

    /** A character for each byte. */
    private static String latin(byte[] bytes) {
        return new String(bytes, StandardCharsets.ISO_8859_1);
    }

    /** A file of the run's folder that the program has open or, if there is none, mapped. */
    private static Path fileOf(Workload workload) {
        String folder = workload.folder().toString();
        String listing = Command.shell("for f in /proc/" + workload.pid()
                        + "/fd/*; do readlink \"$f\"; done; sed -n 's,^[^/]*,,p' /proc/" + workload.pid() + "/maps")
                .run()
                .ok()
                .out();
        return listing.lines()
                .filter(line -> line.startsWith(folder + "/") && !line.endsWith("(deleted)") && !line.endsWith("/out"))
                .map(Path::of)
                .filter(Files::isRegularFile)
                .findFirst()
                .orElseThrow(() -> new AssertionError("no file of its own among\n" + listing));
    }

    @ParameterizedTest
    @EnumSource(Way.class)
    void pidTaken(Way way) throws IOException {
        try (Workload workload = Workload.of("tree").arguments("1", "2").start()) {
            List<Long> tree = workload.tree();
            long last = tree.get(tree.size() - 1);
            SavedTree saved = SavedTree.dump(workload.pid(), workload.folder().resolve("checkpoint"), false);
            Process squatter = squat(last);
            try {
                assertRefused(saved, way, PID_TAKEN, Long.toString(last));
            } finally {
                Processes.kill(List.of(squatter.pid()));
            }
            workload.restoredAs(saved.restore(way));
            workload.assertPasses();
        }
    }

    /** Starts a process that has this pid. */
    private static Process squat(long pid) throws IOException {
        for (int i = 0; i < 20; i++) {
            Files.writeString(Path.of("/proc/sys/kernel/ns_last_pid"), Long.toString(pid - 1));
            Process process = Command.of("sleep", "1000").start(Path.of("/dev/null"), Path.of("/dev/null"));
            if (process.pid() == pid) {
                return process;
            }
            process.destroyForcibly();
        }
        throw new AssertionError("no process got pid " + pid);
    }

    @ParameterizedTest
    @ValueSource(strings = {"64k", "512k", "20m"})
    void diskFull(String size) throws IOException {
        Path disk = RealProgram.newFolder("disk");
        Command.of("mount", "-t", "tmpfs", "-o", "size=" + size, "none", disk.toString())
                .run()
                .ok();
        try (Workload target = Workload.of("big").arguments("32").start()) {
            target.awaitRest();
            ProcView before = ProcView.of(target.pid());
            refuse(
                    NO_SPACE,
                    "",
                    "dump",
                    pid(target),
                    "-D",
                    disk.resolve("checkpoint").toString());
            assertArrayEmpty(disk);
            before.assertSame(ProcView.of(target.pid()), List.of());
            target.assertPasses();
        } finally {
            Command.of("umount", disk.toString()).run().ok();
        }
    }

    private static void assertRefused(SavedTree saved, Way way, int code, String named) {
        Map<Long, Long> before = Processes.all();
        Command.Result result = saved.tryRestore(way).expect(code);
        assertSentence(result.err(), named);
        assertNothingNew(before);
    }

    private static void assertNothingNew(Map<Long, Long> before) {
        Processes.await(
                "all new processes to be gone: " + SavedTree.newSince(before), LIMIT, () -> SavedTree.newSince(before)
                        .isEmpty());
    }

    private static void refuse(int code, String named, String... command) {
        assertSentence(Tools.of(false).run(command).expect(code).err(), named);
    }

    /** One line on standard error, by crtools, that names what it is about. */
    private static void assertSentence(String said, String named) {
        assertTrue(said.startsWith("crtools: ") && said.lines().count() == 1, () -> "not one sentence: " + said);
        assertTrue(said.contains(named), () -> "not a word of '" + named + "' in: " + said);
    }

    private static String pid(Workload workload) {
        return Long.toString(workload.pid());
    }
}
