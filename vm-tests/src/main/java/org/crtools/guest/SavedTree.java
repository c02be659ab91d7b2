// SPDX-License-Identifier: Apache-2.0
package org.crtools.guest;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.locks.LockSupport;

/** A checkpoint of a process tree, and the two ways to bring it back. */
public final class SavedTree {

    /** What /proc shows otherwise of every restored tree, however it comes back. */
    public static final List<ProcView.Explained> EXPLAINED = List.of(
            ProcView.Explained.ofRoot("stat ppid", "the restored root is nobody's child any more"),
            ProcView.Explained.change(
                    "fd \\d+|map .*",
                    "(?s).* \\(deleted\\)",
                    ".*/(#nameless|\\.crtools-[0-9a-f-]{36}) \\(deleted\\)",
                    "a file without a name comes back as one that never had one, or had another"));

    /** The same of trees with files that have lost their name, or are mapped without one. */
    public static final List<ProcView.Explained> EXPLAINED_OF_FILES = List.of(
            ProcView.Explained.change(
                    "fd \\d+",
                    ".*/linked \\(deleted\\)",
                    ".*/sibling",
                    "it is opened by the name that the file still has"),
            ProcView.Explained.change(
                    "fd \\d+",
                    ".*/#nameless \\(deleted\\)",
                    ".*/named",
                    "made without a name, it has got one: it is opened by that"),
            ProcView.Explained.change("fdinfo \\d+ flags", "020300002", "0100002", "the same file"),
            ProcView.Explained.change("fdinfo \\d+ ino", "nameless of .*", "\\d+", "of the same"),
            ProcView.Explained.change(
                    "map .*",
                    "..-p offset \\w+ device \\S+ inode nameless of .* /.* \\(deleted\\)",
                    "..-p offset 00000000 device 00:00 inode 0 .*",
                    "a private mapping of a deleted file comes back as anonymous memory"));

    private static final Duration SETTLES = Duration.ofSeconds(60);

    /** Seconds for threads to stop, of which a slow machine may need more than a person would wait. */
    private static final String STOPS = "120";

    private static final long LOOK_NS = 10_000_000;

    /** How a checkpoint is brought back. */
    public enum Way {
        /** {@code crtools restore}. */
        JAVA,
        /** The tree image is executed; there is no Java in it. */
        IMAGE;

        /** The one or the other, so that a list of things gets both in turn. */
        public static Way alternate(int number) {
            return number % 2 == 0 ? JAVA : IMAGE;
        }
    }

    private final Path folder;
    private final boolean user;

    private SavedTree(Path folder, boolean user) {
        this.folder = folder;
        this.user = user;
    }

    /** Dumps a tree, as its owner or as root; it must succeed. Without an option the tree is killed. */
    public static SavedTree dump(long root, Path folder, boolean user, String... options) {
        List<String> words = new ArrayList<>(List.of("dump", Long.toString(root), "-D", folder.toString()));
        words.addAll(Arrays.asList(options));
        if (Arrays.stream(options).noneMatch(option -> option.startsWith("--timeout"))) {
            words.addAll(List.of("--timeout", STOPS));
        }
        Map<Long, String> starts = new TreeMap<>();
        Processes.tree(root).forEach(pid -> starts.put(pid, start(pid)));
        // A child that ended between these two looks.
        starts.values().removeIf(String::isEmpty);
        Tools.of(user).run(words).ok();
        if (Arrays.stream(options).noneMatch(option -> option.startsWith("--leave-"))) {
            // They are dead, but a pid is free when the parent has waited for it.
            Processes.await("the tree's pids to be free", SETTLES, () -> starts.entrySet().stream()
                    .noneMatch(entry -> start(entry.getKey()).equals(entry.getValue())));
        }
        return new SavedTree(folder, user);
    }

    /** The first dump of a JVM loads its classes for many seconds: for tests in which time passes meanwhile. */
    public static void warmUp() {
        try (Workload workload = Workload.of("counter").start()) {
            SavedTree saved = dump(workload.pid(), workload.folder().resolve("checkpoint"), false);
            workload.restoredAs(saved.restore(Way.JAVA));
        }
    }

    /** When a process started, in clock ticks since boot; nothing if it is gone. */
    private static String start(long pid) {
        List<String> stat = Processes.stat(pid);
        return stat.isEmpty() ? "" : stat.get(19);
    }

    /** One that root's tools have made. */
    public static SavedTree at(Path folder) {
        return new SavedTree(folder, false);
    }

    public Path folder() {
        return folder;
    }

    /** Where the image of a process is. */
    public Path core(long pid) {
        return folder.resolve("core-" + pid + ".img");
    }

    /** The image of the whole. */
    public Path tree() {
        return folder.resolve("tree.img");
    }

    /** Brings it back, detached and whole; gives the first process. Options are those that both ways know. */
    public long restore(Way way, String... options) {
        return restore(way, false, options);
    }

    /** The same; tells whether the first process had a parent death signal, which a detached restore clears. */
    public long restore(Way way, boolean deathSignal, String... options) {
        Map<Long, Long> before = Processes.all();
        Command.Result result = tryRestore(way, options).ok();
        NotRestored.assertAllowed(result, user, deathSignal);
        return newRoot(before, result);
    }

    /** The same, whatever comes of it. */
    public Command.Result tryRestore(Way way, String... options) {
        List<String> words = new ArrayList<>();
        return switch (way) {
            case JAVA -> {
                words.addAll(List.of("restore", "-D", folder.toString(), "-d"));
                words.addAll(Arrays.asList(options));
                yield Tools.of(user).run(words);
            }
            case IMAGE -> {
                words.addAll(List.of(tree().toString(), "-d"));
                words.addAll(Arrays.asList(options));
                yield Command.of(words).asUser(user).run();
            }
        };
    }

    /** The only new process whose parent is none of the new ones. */
    private static long newRoot(Map<Long, Long> before, Command.Result result) {
        // One look at each: a process of the restorer may still be on its way out.
        Map<Long, Long> parents = new TreeMap<>();
        Processes.all().forEach((pid, start) -> {
            // Not by the pid alone: a zombie of the dumped tree may have had it before.
            boolean known = start.equals(before.get(pid)) || Tools.isServer(pid);
            List<String> stat = known ? List.of() : Processes.stat(pid);
            if (Processes.lives(stat)) {
                parents.put(pid, Long.parseLong(stat.get(1)));
            }
        });
        List<Long> roots = parents.keySet().stream()
                .filter(pid -> !parents.containsKey(parents.get(pid)))
                .toList();
        if (roots.size() != 1) {
            throw new AssertionError("new processes without a parent among them: " + roots + " of "
                    + parents.keySet() + "\n"
                    + result.out() + result.err());
        }
        long root = roots.get(0);
        // The first process of a pid namespace is the supervisor; the tree's is its child.
        while (isSupervisor(root)) {
            List<Long> below = Processes.tree(root);
            if (below.size() < 2) {
                throw new AssertionError("a supervisor without a tree: " + root + "\n" + result.err());
            }
            root = below.get(1);
        }
        return root;
    }

    private static boolean isSupervisor(long pid) {
        return new String(Processes.read(pid, "cmdline"), StandardCharsets.ISO_8859_1).contains("/tree.img\0");
    }

    /**
     * Waits until a tree looks as it did before, but for the explained differences: the last moments of a restore, when
     * its processes leave the restorer, come after the end of the command. Fails with what stays different.
     */
    public static void awaitSame(ProcView before, long root, List<ProcView.Explained> explained) {
        long end = System.nanoTime() + SETTLES.toNanos();
        ProcView after = ProcView.of(root);
        while (!before.unexplained(after, explained).isEmpty() && System.nanoTime() - end < 0) {
            if (Thread.interrupted()) {
                throw new AssertionError("interrupted");
            }
            LockSupport.parkNanos(LOOK_NS);
            after = ProcView.of(root);
        }
        before.assertSame(after, explained);
    }

    /** Processes that came since an earlier {@link Processes#all} and live, but for servers of the tools. */
    public static List<Long> newSince(Map<Long, Long> before) {
        return Processes.all().entrySet().stream()
                .filter(entry -> !entry.getValue().equals(before.get(entry.getKey())))
                .map(Map.Entry::getKey)
                .filter(pid -> Processes.lives(pid) && !Tools.isServer(pid))
                .sorted()
                .toList();
    }
}
