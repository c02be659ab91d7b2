// SPDX-License-Identifier: Apache-2.0
package org.crtools.guest;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * What /proc shows of a process tree, as named values, to be compared before and after. A value's key is
 * {@code ORDINAL/name}, where the ordinal numbers the tree's processes in the order of {@link Processes#tree}; pids inside
 * values are those of the kernel, so a tree that got new pids wants {@link #PIDS} among its explanations.
 */
public final class ProcView {

    /** Values that differ when processes or threads got new ids. */
    public static final Explained PIDS =
            Explained.of("(pid|tids|children|stat (ppid|pgrp|session|tpgid)|status NSpid)", "processes got new ids");

    /** Values that differ when signal handlers run all the while. */
    public static final Explained HANDLERS = Explained.of(
            "(status|thread \\d+) (SigBlk|SigPnd|ShdPnd)", "a signal was on its way, or blocked while its handler ran");

    /** Fields of /proc/PID/status that belong to the process; the others are momentary, or shown elsewhere. */
    private static final Set<String> STATUS = Set.of(
            "Name",
            "Umask",
            "Uid",
            "Gid",
            "Groups",
            "NSpid",
            "Threads",
            "VmSize",
            "VmLck",
            "SigPnd",
            "ShdPnd",
            "SigBlk",
            "SigIgn",
            "SigCgt",
            "CapInh",
            "CapPrm",
            "CapEff",
            "CapBnd",
            "CapAmb",
            "NoNewPrivs",
            "Seccomp",
            "CoreDumping",
            "THP_enabled",
            "Cpus_allowed");

    private static final Set<String> THREAD_STATUS =
            Set.of("Name", "SigPnd", "SigBlk", "Uid", "Gid", "CapEff", "NoNewPrivs", "Seccomp", "Cpus_allowed");

    /** Names of fields of /proc/PID/stat by their number in proc(5). */
    private static final Map<Integer, String> STAT = Map.of(
            4,
            "ppid",
            5,
            "pgrp",
            6,
            "session",
            7,
            "tty",
            8,
            "tpgid",
            19,
            "nice",
            38,
            "exit_signal",
            40,
            "rt_priority",
            41,
            "policy");

    /** The field of /proc/PID/stat with what wait(2) gives, by its number in proc(5). */
    private static final int EXIT_CODE = 52;

    private final SortedMap<String, String> values;

    private ProcView(SortedMap<String, String> values) {
        this.values = values;
    }

    /**
     * A difference that is allowed, and why.
     *
     * @param key what the whole key must match
     * @param before what the whole value before must match, and
     * @param after the one after
     */
    public record Explained(Pattern key, Pattern before, Pattern after, String why) {

        private static final Pattern ANY = Pattern.compile(".*", Pattern.DOTALL);

        /** @param name regular expression that the whole key must match, without the process's ordinal */
        public static Explained of(String name, String why) {
            return new Explained(Pattern.compile("\\d+/(" + name + ")"), ANY, ANY, why);
        }

        /** The same, of the tree's first process only. */
        public static Explained ofRoot(String name, String why) {
            return new Explained(Pattern.compile("0+/(" + name + ")"), ANY, ANY, why);
        }

        /** The same, of one value that becomes another. */
        public static Explained change(String name, String before, String after, String why) {
            return new Explained(
                    Pattern.compile("\\d+/(" + name + ")"), Pattern.compile(before), Pattern.compile(after), why);
        }

        boolean covers(String otherKey, String old, String now) {
            return key.matcher(otherKey).matches()
                    && before.matcher(old).matches()
                    && after.matcher(now).matches();
        }
    }

    /**
     * Objects without a name: a restored one is a new one, but what was one object must be one again. Each is called by
     * the first place where it is seen.
     */
    private static final class Nameless {

        private static final Pattern NEVER_NAMED = Pattern.compile("/#\\d+ \\(deleted\\)$");

        private final Map<String, String> names = new HashMap<>();

        private String name(String inode, String place) {
            return names.computeIfAbsent(inode, none -> "nameless of " + place);
        }

        boolean is(String name) {
            return name.endsWith(" (deleted)") || name.startsWith("pipe:[") || name.startsWith("socket:[");
        }

        /** The inode, or what stands for that of an object without a name. */
        String inode(String name, String inode, String place) {
            return is(name) ? name(inode, place) : inode;
        }

        /** What /proc calls a file that is open or mapped. */
        String link(String target, String place) {
            int bracket = target.indexOf(":[");
            if (target.startsWith("pipe:[") || target.startsWith("socket:[")) {
                return target.substring(0, bracket + 1) + name(target.replaceAll("\\D", ""), place);
            }
            // A file that never had a name (O_TMPFILE) is called by its inode.
            return NEVER_NAMED.matcher(target).replaceFirst("/#nameless (deleted)");
        }
    }

    /** Views a process and its descendants. They should be stopped, or idle, for the view to be of one moment. */
    public static ProcView of(long root) {
        SortedMap<String, String> values = new TreeMap<>();
        List<Long> tree = Processes.tree(root);
        Nameless nameless = new Nameless();
        for (int i = 0; i < tree.size(); i++) {
            String prefix = String.format("%03d/", i);
            one(tree.get(i), nameless, prefix).forEach((name, value) -> values.put(prefix + name, value));
        }
        return new ProcView(values);
    }

    /** The values, by key. */
    public Map<String, String> values() {
        return Map.copyOf(values);
    }

    /** What differs in a later view and is not explained: one readable entry each. */
    public List<String> unexplained(ProcView after, List<Explained> explained) {
        Set<String> keys = new TreeSet<>(values.keySet());
        keys.addAll(after.values.keySet());
        List<String> differences = new ArrayList<>();
        for (String key : keys) {
            String old = values.getOrDefault(key, "(nothing)");
            String now = after.values.getOrDefault(key, "(nothing)");
            boolean allowed = explained.stream().anyMatch(one -> one.covers(key, old, now));
            if (!old.equals(now) && !allowed) {
                differences.add(key + "\n    before: " + old + "\n    after:  " + now);
            }
        }
        return differences;
    }

    /** Fails, listing them, if there are unexplained differences. */
    public void assertSame(ProcView after, List<Explained> explained) {
        List<String> differences = unexplained(after, explained);
        if (!differences.isEmpty()) {
            throw new AssertionError(
                    "/proc shows " + differences.size() + " differences:\n  " + String.join("\n  ", differences));
        }
    }

    private static Map<String, String> one(long pid, Nameless nameless, String prefix) {
        Map<String, String> found = new TreeMap<>();
        found.put("pid", Long.toString(pid));
        List<String> stat = Processes.stat(pid);
        if (!stat.isEmpty() && stat.get(0).equals("Z")) {
            zombie(pid, stat, found);
            return found;
        }
        found.put("tids", Processes.threads(pid).toString());
        List<Long> tree = Processes.tree(pid);
        found.put("children", tree.subList(1, tree.size()).toString());
        for (String link : List.of("exe", "cwd", "root")) {
            found.put(link, link(pid, link));
        }
        for (String file : List.of(
                "cmdline",
                "environ",
                "comm",
                "personality",
                "coredump_filter",
                "oom_score_adj",
                "uid_map",
                "timerslack_ns")) {
            found.put(file, printable(Processes.read(pid, file)));
        }
        STAT.forEach((number, name) -> found.put("stat " + name, stat.size() < number - 2 ? "" : stat.get(number - 3)));
        colons(pid, "status", STATUS, "status ", found);
        int ordinal = 0;
        for (long thread : Processes.threads(pid)) {
            colons(pid, "task/" + thread + "/status", THREAD_STATUS, "thread " + ordinal++ + " ", found);
        }
        text(pid, "limits")
                .skip(1)
                .forEach(line -> found.put(
                        "limit " + line.substring(0, 25).strip(),
                        line.substring(26).strip().replaceAll(" +", " ")));
        maps(pid, nameless, prefix, found);
        descriptors(pid, nameless, prefix, found);
        return found;
    }

    /** All that is left of a zombie. Its parent sees no more, and its signal masks say nothing. */
    private static void zombie(long pid, List<String> stat, Map<String, String> found) {
        found.put("comm", printable(Processes.read(pid, "comm")));
        STAT.forEach((number, name) -> {
            if (Set.of("ppid", "pgrp", "session", "exit_signal").contains(name)) {
                found.put("stat " + name, stat.get(number - 3));
            }
        });
        found.put("stat exit_code", stat.get(EXIT_CODE - 3));
    }

    private static void maps(long pid, Nameless nameless, String prefix, Map<String, String> found) {
        text(pid, "maps").forEach(line -> {
            String[] words = line.split(" +", 6);
            String name = words.length > 5 ? words[5] : "";
            String place = prefix + "map " + words[0];
            found.put(
                    "map " + words[0],
                    words[1] + " offset " + words[2] + " device " + words[3] + " inode "
                            + nameless.inode(name, words[4], place) + " " + nameless.link(name, place));
        });
    }

    private static void descriptors(long pid, Nameless nameless, String prefix, Map<String, String> found) {
        Path folder = Path.of("/proc", Long.toString(pid), "fd");
        try (Stream<Path> entries = Files.list(folder)) {
            for (Path entry : entries.sorted(Comparator.naturalOrder()).toList()) {
                String number = entry.getFileName().toString();
                String target = link(pid, "fd/" + number);
                String place = prefix + "fd " + number;
                found.put("fd " + number, nameless.link(target, place));
                // Events and inotify watches have lines of their own; each line is compared.
                text(pid, "fdinfo/" + number).forEach(line -> {
                    int colon = line.indexOf(':');
                    String name = colon < 0 ? line : line.substring(0, colon);
                    String value = line.substring(colon + 1).strip();
                    found.merge(
                            "fdinfo " + number + " " + name,
                            name.equals("ino") ? nameless.inode(target, value, place) : value,
                            (first, next) -> first + "\n" + next);
                });
            }
        } catch (IOException gone) {
            found.put("fd", "unreadable: " + gone);
        }
    }

    private static void colons(long pid, String file, Set<String> wanted, String prefix, Map<String, String> found) {
        text(pid, file).forEach(line -> {
            int colon = line.indexOf(':');
            if (colon > 0 && wanted.contains(line.substring(0, colon))) {
                found.put(
                        prefix + line.substring(0, colon),
                        line.substring(colon + 1).strip());
            }
        });
    }

    private static Stream<String> text(long pid, String file) {
        return printable(Processes.read(pid, file)).lines();
    }

    private static String link(long pid, String name) {
        try {
            return Files.readSymbolicLink(Path.of("/proc", Long.toString(pid), name))
                    .toString();
        } catch (IOException e) {
            return "unreadable: " + e.getClass().getSimpleName();
        }
    }

    private static String printable(byte[] bytes) {
        return new String(bytes, StandardCharsets.ISO_8859_1).replace('\0', ' ').stripTrailing();
    }
}
