// SPDX-License-Identifier: Apache-2.0
package org.crtools.guest;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.crtools.checkpoint.Checkpoints;
import org.crtools.model.Json;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What crtools, gdb and readelf tell about a machine and about images; and the command line as people type it. */
class ShowTest {

    private static final int THREADS = 6;
    private static final int NO_MODULE = 7;

    /** What crtools check looks at, by its tier. */
    private static final Map<String, List<String>> CHECKED = new TreeMap<>(Map.of(
            "required",
            List.of("kernel module", "kernel", "processor", "mapped files of processes"),
            "needed by some",
            List.of(
                    "CAP_SYS_PTRACE",
                    "CAP_CHECKPOINT_RESTORE",
                    "CAP_SYS_ADMIN",
                    "user namespaces",
                    "ptrace of own processes")));

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void checkTellsWhatIsThereAndEndsWithOneVerdict(boolean user) {
        List<String> lines = Tools.of(user).run("check").ok().out().lines().toList();
        Map<String, Object> json = Checkpoints.map(
                Json.parse(Tools.of(user).run("check", "--json").ok().out()));
        String verdict = user
                ? "crtools works here for this user's own processes; what is missing is told above"
                : "crtools works here";
        assertEquals(verdict, lines.get(lines.size() - 1));
        assertEquals(verdict, json.get("verdict"));
        assertEquals(true, json.get("ok"));

        List<String> expected = new ArrayList<>();
        Map<String, List<String>> checked = new TreeMap<>();
        for (Object element : Checkpoints.list(json.get("checks"))) {
            Map<String, Object> check = Checkpoints.map(element);
            String tier = check.get("tier").toString();
            String name = check.get("name").toString();
            if (!checked.containsKey(tier)) {
                expected.add(tier + ":");
            }
            checked.computeIfAbsent(tier, any -> new ArrayList<>()).add(name);
            assertEquals(!(user && name.startsWith("CAP_")), check.get("ok"), check::toString);
            expected.add(String.format(
                    "  %-7s %-28s %s",
                    Boolean.TRUE.equals(check.get("ok")) ? "ok" : "missing", name, check.get("detail")));
            if (name.equals("kernel")) {
                assertEquals(
                        "Linux " + Command.of("uname", "-r").run().ok().out().strip(), check.get("detail"));
            }
        }
        assertEquals(CHECKED, checked);
        assertEquals(expected, lines.subList(0, lines.size() - 1));
    }

    /** The module finds out what is looked for in /proc by kprobes, where the kernel has not been changed for it. */
    @Test
    void withoutKprobesTheModuleIsToldToBeHidden() throws IOException {
        Path kprobes = Path.of("/sys/kernel/debug/kprobes");
        if (!Files.exists(kprobes)) {
            Command.of("mount", "-t", "debugfs", "none", "/sys/kernel/debug")
                    .run()
                    .ok();
        }
        assertTrue(
                Files.exists(kprobes) && Processes.read(kprobes.resolve("list")).length > 0,
                "the module uses no kprobes here");
        Tools tools = Tools.of(false);
        String reason = " (kprobes or ftrace switched off?)\n";
        try (Workload target = Workload.of("counter").start()) {
            Files.writeString(kprobes.resolve("enabled"), "0");
            try {
                List<String> lines =
                        tools.run("check").expect(NO_MODULE).out().lines().toList();
                assertEquals(
                        String.format(
                                        "  %-7s %-28s %s%s",
                                        "missing", "kernel module", "loaded, but /proc/PID/dump is hidden", reason)
                                .strip(),
                        lines.get(1).strip());
                assertEquals(
                        "crtools does not work here: the kernel module is loaded, but its entries are hidden",
                        lines.get(lines.size() - 1));
                assertEquals(
                        "crtools: the kernel module crtools is loaded, but its entries in /proc are hidden" + reason,
                        tools.run("dump", Long.toString(target.pid()), "-D", "/tmp/hidden")
                                .expect(NO_MODULE)
                                .err());
            } finally {
                Files.writeString(kprobes.resolve("enabled"), "1");
            }
            target.assertPasses();
        }
        assertTrue(tools.run("check").ok().out().endsWith("\ncrtools works here\n"));
    }

    @Test
    void showTellsTheTreeItsDescriptorsAndMemory() throws IOException {
        try (Workload workload = Workload.of("pipe_procs").arguments("4").start()) {
            workload.awaitRest();
            SavedTree saved =
                    SavedTree.dump(workload.pid(), workload.folder().resolve("checkpoint"), false, "--leave-running");
            String folder = saved.folder().toString();
            String shown = Tools.of(false).run("show", folder).ok().out();
            Map<String, Object> json = Checkpoints.map(Json.parse(
                    Tools.of(false).run("show", "--json", folder).ok().out()));
            Map<Long, Map<String, Object>> processes =
                    Checkpoints.list(Checkpoints.map(json.get("model")).get("processes")).stream()
                            .map(Checkpoints::map)
                            .collect(Collectors.toMap(process -> (Long) process.get("pid"), process -> process));
            Map<Long, Map<String, Object>> images = Checkpoints.list(json.get("images")).stream()
                    .map(Checkpoints::map)
                    .filter(image -> image.get("kind").equals("core"))
                    .collect(Collectors.toMap(image -> (Long) image.get("pid"), image -> image));
            assertEquals(Set.copyOf(workload.tree()), processes.keySet());
            assertEquals(Set.copyOf(workload.tree()), images.keySet());
            assertEquals(
                    Files.size(saved.tree()),
                    Checkpoints.map(Checkpoints.list(json.get("images")).get(0)).get("bytes"));
            for (long pid : workload.tree()) {
                assertProcess(pid, shown, processes.get(pid));
                assertImage(pid, saved.core(pid), shown, images.get(pid));
                assertEquals("core-" + pid + ".img", processes.get(pid).get("image"));
            }
            showsOneImage(workload.pid(), saved);
            workload.assertPasses();
        }
    }

    /** Its descriptors, all of them and no more. */
    private static void assertProcess(long pid, String shown, Map<String, Object> json) throws IOException {
        assertTrue(
                Pattern.compile("(?m)^ *" + pid + " pipe_procs, 1 threads")
                        .matcher(shown)
                        .find(),
                shown);
        SortedMap<Long, String> open = new TreeMap<>();
        try (Stream<Path> links = Files.list(Path.of("/proc/" + pid + "/fd"))) {
            for (Path link : links.toList()) {
                open.put(
                        Long.parseLong(link.getFileName().toString()),
                        Files.readSymbolicLink(link).toString().replaceFirst(":.*", ""));
            }
        }
        assertTrue(open.containsValue("pipe"), open::toString);
        Matcher section =
                Pattern.compile("(?m)^pid " + pid + ": .*\n((?:  fd .*\n)*)").matcher(shown);
        assertTrue(section.find(), shown);
        SortedMap<Long, String> told = new TreeMap<>();
        Pattern.compile("(?m)^  fd (\\d+) +(\\w+) ")
                .matcher(section.group(1))
                .results()
                .forEach(found -> told.put(Long.parseLong(found.group(1)), found.group(2)));
        assertEquals(open.keySet(), told.keySet());
        SortedMap<Long, String> written = new TreeMap<>();
        Checkpoints.list(json.get("descriptors")).stream()
                .map(Checkpoints::map)
                .forEach(descriptor -> written.put(
                        (Long) descriptor.get("fd"), descriptor.get("kind").toString()));
        assertEquals(open.keySet(), written.keySet());
        open.forEach((fd, link) -> {
            assertEquals(link.equals("pipe"), told.get(fd).equals("pipe"), () -> section.group());
            assertEquals(link.equals("pipe"), written.get(fd).equals("pipe"), written::toString);
        });
    }

    /** Its sizes, and all that the process has mapped but the page that is at the same place in all of them. */
    private static void assertImage(long pid, Path image, String shown, Map<String, Object> json) throws IOException {
        long size = Files.size(image);
        assertEquals(size, json.get("bytes"));
        Matcher section = Pattern.compile(
                        "(?m)^" + image + ": core image, .*, pid " + pid + ", kernel .*, (\\d+) KiB\n((?:  .*\n)*)")
                .matcher(shown);
        assertTrue(section.find(), shown);
        assertEquals(size / 1024, Long.parseLong(section.group(1)));
        List<String> mapped = new String(Processes.read(pid, "maps"), StandardCharsets.UTF_8)
                .lines()
                .filter(line -> !line.contains("[vsyscall]"))
                .map(line -> line.split("[- ]", 3))
                .map(words -> mapping(words[0], words[1], words[2].substring(0, "rwxp".length())))
                .toList();
        List<String> told = Pattern.compile("(?m)^  ([0-9a-f]+)-([0-9a-f]+) (\\S+) +(\\d+) KiB +\\d+ KiB saved")
                .matcher(section.group(2))
                .results()
                .map(found -> {
                    long length = Long.parseLong(found.group(2), 16) - Long.parseLong(found.group(1), 16);
                    assertEquals(length / 1024, Long.parseLong(found.group(4)), () -> found.group());
                    return mapping(found.group(1), found.group(2), found.group(3));
                })
                .toList();
        assertEquals(mapped, told);
        List<Map<String, Object>> mappings = Checkpoints.list(json.get("mappings")).stream()
                .map(Checkpoints::map)
                .toList();
        assertEquals(
                mapped,
                mappings.stream()
                        .map(mapping -> mapping(
                                mapping.get("start").toString(),
                                mapping.get("end").toString(),
                                mapping.get("permissions").toString()))
                        .toList());
        long data = mappings.stream()
                .mapToLong(mapping -> (Long) mapping.get("saved"))
                .sum();
        assertTrue(data > 0 && data < size, () -> data + " bytes of memory in an image of " + size);
    }

    /** With addresses of any number of digits. */
    private static String mapping(String start, String end, String permissions) {
        return Long.parseLong(start, 16) + "-" + Long.parseLong(end, 16) + " " + permissions;
    }

    private static void showsOneImage(long pid, SavedTree saved) {
        String folder = saved.folder().toString();
        String image = saved.core(pid).toString();
        assertTrue(Tools.of(false).run("show", image).ok().out().contains("thread " + pid));
        Map<String, Object> json = Checkpoints.map(
                Json.parse(Tools.of(false).run("show", "--json", image).ok().out()));
        assertEquals(1, Checkpoints.list(json.get("images")).size());
        String program = Tools.of(false).run("show", "--program", folder).ok().out();
        for (String call : List.of("pipe2(", "fork", "exec", "dup")) {
            assertTrue(program.contains(call), () -> "no " + call + " in\n" + program);
        }
        assertTrue(Tools.of(false).run("show", "--program", image).ok().out().contains("core-" + pid + ".img"));
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
