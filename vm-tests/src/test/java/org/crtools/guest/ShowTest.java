// SPDX-License-Identifier: Apache-2.0
package org.crtools.guest;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What crtools, gdb and readelf tell about a machine and about images; and the command line as people type it. */
class ShowTest {

    private static final int THREADS = 6;

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void checkEndsWithOneVerdict(boolean user) throws IOException {
        Command.Result result = Tools.of(user).run("check").ok();
        List<String> lines = result.out().lines().toList();
        assertEquals(
                1,
                lines.stream()
                        .filter(line -> line.startsWith("crtools works here"))
                        .count(),
                result::out);
        assertTrue(lines.get(lines.size() - 1).startsWith("crtools works here"), result::out);
        assertTrue(result.out().contains("required:"), result::out);
        assertTrue(
                lines.stream().anyMatch(line -> line.matches("  " + (user ? "missing" : "ok") + " +CAP_SYS_ADMIN .*")),
                result::out);
        assertParses(Tools.of(user).run("check", "--json").ok().out());
    }

    @Test
    void showTellsTheTreeItsDescriptorsAndMemory() throws IOException {
        try (Workload workload = Workload.of("pipe_procs").arguments("4").start()) {
            SavedTree saved =
                    SavedTree.dump(workload.pid(), workload.folder().resolve("checkpoint"), false, "--leave-running");
            String folder = saved.folder().toString();
            String shown = Tools.of(false).run("show", folder).ok().out();
            for (long pid : workload.tree()) {
                assertTrue(shown.contains("core-" + pid + ".img"), shown);
                assertTrue(
                        Pattern.compile("(?m)^ *" + pid + " pipe_procs")
                                .matcher(shown)
                                .find(),
                        shown);
            }
            assertTrue(Pattern.compile("fd \\d+ +pipe").matcher(shown).find(), shown);
            assertTrue(shown.contains("[stack]") || shown.contains("rw-"), shown);
            assertParses(Tools.of(false).run("show", "--json", folder).ok().out());

            String image = saved.core(workload.pid()).toString();
            assertTrue(Tools.of(false).run("show", image).ok().out().contains("thread " + workload.pid()));
            assertParses(Tools.of(false).run("show", "--json", image).ok().out());
            String program =
                    Tools.of(false).run("show", "--program", folder).ok().out();
            for (String call : List.of("pipe2(", "fork", "exec", "dup")) {
                assertTrue(program.contains(call), () -> "no " + call + " in\n" + program);
            }
            assertTrue(Tools.of(false)
                    .run("show", "--program", image)
                    .ok()
                    .out()
                    .contains("core-" + workload.pid() + ".img"));
            workload.assertPasses();
        }
    }

    private static void assertParses(String json) throws IOException {
        Path file = Files.createTempFile("crtools", ".json");
        Files.writeString(file, json);
        Command.of("python3", "-m", "json.tool", file.toString(), "/dev/null")
                .run()
                .ok();
    }

    @Test
    void gdbAndReadelfReadTheImages() {
        // Linked statically, so that gdb knows the C library's functions too: the machine has no symbols for the other.
        try (Workload workload = Workload.of("threads")
                .variant(Workload.Variant.STATIC)
                .arguments(Integer.toString(THREADS))
                .start()) {
            int threads = Processes.threads(workload.pid()).size();
            SavedTree saved =
                    SavedTree.dump(workload.pid(), workload.folder().resolve("checkpoint"), false, "--leave-running");
            Command.Result gdb = Command.of(
                            "gdb",
                            "-nx",
                            "-batch",
                            "-ex",
                            "thread apply all bt",
                            "/put/workloads/threads.static",
                            saved.core(workload.pid()).toString())
                    .run()
                    .ok();
            assertEquals(threads, count("(?m)^Thread \\d+ \\(", gdb.out()), gdb.out() + gdb.err());
            // One more than threads: gdb begins with the frame of the first.
            assertEquals(threads + 1, count("(?m)^#0 ", gdb.out()), gdb.out() + gdb.err());
            // Every stack ends where threads begin: none is cut off.
            assertEquals(1, count("(?m)^#\\d+ .* main \\(", gdb.out()), gdb.out() + gdb.err());
            assertEquals(threads - 1, count("(?m)^#\\d+ .*\\bclone3? \\(", gdb.out()), gdb.out() + gdb.err());
            assertFalse((gdb.out() + gdb.err()).contains("warning"), gdb.out() + gdb.err());
            for (Path image : List.of(saved.core(workload.pid()), saved.tree())) {
                Command.Result elf = Command.of("readelf", "-a", "-W", image.toString())
                        .run()
                        .ok();
                assertEquals("", elf.err());
                assertFalse(elf.out().contains("Warning"), elf.out());
            }
            workload.assertPasses();
        }
    }

    private static long count(String pattern, String text) {
        return Pattern.compile(pattern).matcher(text).results().count();
    }

    /** As in the README: two commands, and nothing else. */
    @Test
    void dumpAndRestoreOnTheCommandLine() {
        try (Workload workload = Workload.of("threads").arguments("4").start()) {
            Tools tools = Tools.of(false);
            Path folder = workload.folder().resolve("checkpoint");
            Command.Result dumped = tools.commandLine(
                            "dump", "-t", Long.toString(workload.pid()), "-D", folder.toString())
                    .run()
                    .ok();
            assertTrue(dumped.out().contains("1 processes"), dumped::out);
            assertEquals("", dumped.err());
            assertFalse(Processes.lives(workload.pid()));
            tools.commandLine("restore", "-D", folder.toString(), "-d").run().ok();
            workload.assertPasses();
        }
    }

    @Test
    void wrongUsageIsToldInOneSentence() {
        Tools tools = Tools.of(false);
        for (List<String> wrong : List.of(
                List.<String>of(), List.of("dump"), List.of("dump", "x"), List.of("restore"), List.of("freeze"))) {
            Command.Result result = wrong.isEmpty() ? tools.run("--nothing") : tools.run(wrong);
            result.expect(2);
            assertTrue(result.err().startsWith("crtools: "), result::err);
            assertEquals("", result.out());
        }
    }
}
