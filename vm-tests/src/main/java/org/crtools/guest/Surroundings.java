// SPDX-License-Identifier: Apache-2.0
package org.crtools.guest;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * All that a tool which fails could leave behind in the machine: processes, mounts, sockets, System V objects, locks,
 * names of files where temporary ones are made, and the module's count of its users. One line each.
 */
public final class Surroundings {

    private static final Duration SETTLES = Duration.ofSeconds(60);
    private static final List<Path> FOLDERS =
            List.of(Path.of("/tmp"), Path.of("/var/tmp"), Path.of("/dev/shm"), Path.of("/run"), Path.of("/root"));

    /** What this JVM itself makes for a moment, see {@link Command}. */
    private static final Pattern OWN_FILES = Pattern.compile("/tmp/command\\d+\\.(out|err)");

    private final SortedSet<String> lines;

    private Surroundings(SortedSet<String> lines) {
        this.lines = lines;
    }

    /** What there is now. */
    public static Surroundings now() {
        SortedSet<String> lines = new TreeSet<>();
        Processes.all().forEach((pid, start) -> {
            if (!Tools.isServer(pid)) {
                lines.add("process " + pid + " started at " + start);
            }
        });
        lines("/proc/self/mountinfo").forEach(line -> lines.add("mount " + line));
        lines("/proc/net/unix").skip(1).forEach(line -> lines.add("unix socket " + words(line, 6)));
        for (String protocol : List.of("tcp", "tcp6", "udp", "udp6", "raw")) {
            // Without an inode it is nobody's: a connection of before that waits for its last packets, and then goes.
            lines("/proc/net/" + protocol)
                    .skip(1)
                    .map(line -> words(line, 9))
                    .filter(rest -> !rest.startsWith("0 "))
                    .forEach(rest -> lines.add(protocol + " socket " + rest));
        }
        lines("/proc/net/netlink").skip(1).forEach(line -> lines.add("netlink socket " + words(line, 9)));
        for (String kind : List.of("shm", "sem", "msg")) {
            lines("/proc/sysvipc/" + kind).skip(1).forEach(line -> lines.add("System V " + kind + " " + line));
        }
        lines("/proc/locks").forEach(line -> lines.add("lock " + line));
        lines("/sys/module/crtools/refcnt").forEach(line -> lines.add("users of the module: " + line));
        FOLDERS.forEach(folder -> files(folder, lines));
        return new Surroundings(lines);
    }

    /** The rest of a line from a word on, counted from 0. */
    private static String words(String line, int from) {
        String[] words = line.strip().split(" +", from + 1);
        return words.length > from ? words[from] : "";
    }

    private static Stream<String> lines(String file) {
        try {
            return new String(Processes.read(Path.of(file)), StandardCharsets.ISO_8859_1).lines();
        } catch (IOException absent) {
            return Stream.empty();
        }
    }

    private static void files(Path folder, SortedSet<String> lines) {
        try (Stream<Path> names = Files.walk(folder)) {
            names.map(Path::toString)
                    .filter(name -> !OWN_FILES.matcher(name).matches())
                    .forEach(name -> lines.add("file " + name));
        } catch (IOException | UncheckedIOException changing) {
            // Something vanished meanwhile: the next look will tell.
            lines.add("changing: " + folder);
        }
    }

    /** What came and what went until a later look. */
    private SortedSet<String> differences(Surroundings later) {
        SortedSet<String> all = new TreeSet<>();
        later.lines.stream().filter(line -> !lines.contains(line)).forEach(line -> all.add("new: " + line));
        lines.stream().filter(line -> !later.lines.contains(line)).forEach(line -> all.add("gone: " + line));
        return all;
    }

    /** Waits until all is as it was at this look; fails with what stays different. */
    public void awaitSame() {
        long end = System.nanoTime() + SETTLES.toNanos();
        SortedSet<String> differences = differences(now());
        while (!differences.isEmpty()) {
            if (System.nanoTime() - end > 0) {
                throw new AssertionError("left behind:\n  " + String.join("\n  ", differences));
            }
            if (Thread.interrupted()) {
                throw new AssertionError("interrupted");
            }
            differences = differences(now());
        }
    }
}
