// SPDX-License-Identifier: Apache-2.0
package org.crtools.cli;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.crtools.ExitCode;
import org.crtools.capture.CoreDumps;
import org.crtools.model.Json;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** crtools check: loads no native code. */
@Command(
        name = "check",
        description = "Tells what this machine and this user can do with crtools.",
        mixinStandardHelpOptions = true)
final class CheckCommand implements Callable<Integer> {
    private static final int CAP_SYS_PTRACE = 19;
    private static final int CAP_CHECKPOINT_RESTORE = 40;
    private static final int CAP_SYS_ADMIN = 21;

    @Spec
    private CommandSpec spec;

    @Option(names = "--json", description = "As JSON.")
    private boolean json;

    /** How much depends on it. */
    private enum Tier {
        REQUIRED,
        NEEDED_BY_SOME,
        EXPERIMENTAL;

        String title() {
            return name().toLowerCase(Locale.ROOT).replace('_', ' ');
        }
    }

    private record Item(Tier tier, String name, boolean ok, String detail) {}

    @Override
    public Integer call() throws IOException {
        List<Item> items = items();
        boolean required =
                items.stream().filter(item -> item.tier() == Tier.REQUIRED).allMatch(Item::ok);
        boolean module = items.get(0).ok();
        boolean all = items.stream().allMatch(Item::ok);
        String verdict = !module
                ? "crtools does not work here: "
                        + (CoreDumps.moduleLoaded()
                                ? "the kernel module is loaded, but its entries are hidden"
                                : "the kernel module is not loaded (modprobe crtools)")
                : !required
                        ? "crtools does not work here"
                        : all
                                ? "crtools works here"
                                : "crtools works here for this user's own processes; what is missing is told above";
        PrintWriter out = spec.commandLine().getOut();
        if (json) {
            out.print(Json.pretty(Json.object(
                    "ok",
                    required,
                    "verdict",
                    verdict,
                    "checks",
                    items.stream()
                            .map(item -> Json.object(
                                    "tier", item.tier().title(),
                                    "name", item.name(),
                                    "ok", item.ok(),
                                    "detail", item.detail()))
                            .toList())));
        } else {
            for (Tier tier : Tier.values()) {
                List<Item> of =
                        items.stream().filter(item -> item.tier() == tier).toList();
                if (!of.isEmpty()) {
                    out.println(tier.title() + ":");
                }
                for (Item item : of) {
                    out.printf("  %-7s %-28s %s%n", item.ok() ? "ok" : "missing", item.name(), item.detail());
                }
            }
            out.println(verdict);
        }
        out.flush();
        return (!module ? ExitCode.NO_MODULE : required ? ExitCode.OK : ExitCode.FAILED).value();
    }

    private static List<Item> items() throws IOException {
        List<Item> items = new ArrayList<>();
        boolean dump = CoreDumps.moduleThere();
        items.add(new Item(
                Tier.REQUIRED,
                "kernel module",
                dump,
                dump
                        ? "/proc/PID/dump is there"
                        : CoreDumps.moduleLoaded()
                                ? "loaded, but /proc/PID/dump is hidden (kprobes or ftrace switched off?)"
                                : "not loaded"));
        items.add(new Item(
                Tier.REQUIRED, "kernel", true, System.getProperty("os.name") + " " + System.getProperty("os.version")));
        items.add(new Item(
                Tier.REQUIRED,
                "processor",
                System.getProperty("os.arch").equals("amd64"),
                System.getProperty("os.arch")));
        items.add(new Item(
                Tier.REQUIRED,
                "mapped files of processes",
                Files.isDirectory(Path.of("/proc/self/mfd")) || !dump,
                "/proc/PID/mfd"));
        long capabilities = capabilities();
        items.add(capability(capabilities, CAP_SYS_PTRACE, "CAP_SYS_PTRACE", "processes of other users"));
        items.add(new Item(
                Tier.NEEDED_BY_SOME,
                "CAP_CHECKPOINT_RESTORE",
                has(capabilities, CAP_CHECKPOINT_RESTORE) || has(capabilities, CAP_SYS_ADMIN),
                "the same pids and exe links; without it: --new-pidns"));
        items.add(capability(capabilities, CAP_SYS_ADMIN, "CAP_SYS_ADMIN", "pid namespaces without a user namespace"));
        items.add(new Item(
                Tier.NEEDED_BY_SOME,
                "user namespaces",
                readNumber("/proc/sys/user/max_user_namespaces") > 0,
                "--new-pidns for ordinary users"));
        int yama = readNumber("/proc/sys/kernel/yama/ptrace_scope");
        items.add(new Item(
                Tier.NEEDED_BY_SOME,
                "ptrace of own processes",
                yama <= 0 || has(capabilities, CAP_SYS_PTRACE),
                yama < 0 ? "no Yama" : "kernel.yama.ptrace_scope is " + yama));
        return items;
    }

    private static Item capability(long capabilities, int number, String name, String use) {
        return new Item(Tier.NEEDED_BY_SOME, name, has(capabilities, number), use);
    }

    private static boolean has(long capabilities, int number) {
        return (capabilities >>> number & 1) != 0;
    }

    private static long capabilities() throws IOException {
        for (String line :
                Files.readAllLines(Path.of("/proc/self/status"), java.nio.charset.StandardCharsets.ISO_8859_1)) {
            if (line.startsWith("CapEff:")) {
                return Long.parseUnsignedLong(line.substring("CapEff:".length()).trim(), 16);
            }
        }
        return 0;
    }

    /** -1 when there is no such file. */
    private static int readNumber(String path) throws IOException {
        return Files.isReadable(Path.of(path))
                ? Integer.parseInt(Files.readString(Path.of(path)).trim())
                : -1;
    }
}
