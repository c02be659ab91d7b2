// SPDX-License-Identifier: Apache-2.0
package org.crtools.guest;

import java.io.ByteArrayOutputStream;
import java.io.FileInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;

/** What tests ask of the guest's processes: /proc, signals, waiting for a condition. */
public final class Processes {

    /** PF_KTHREAD of include/linux/sched.h, in field 9 of /proc/PID/stat. */
    private static final long KERNEL_THREAD = 0x00200000;

    /** The parent of all kernel threads; in the initial pid namespace it has this number. */
    private static final long KTHREADD = 2;

    /** Between two looks at a condition, in nanoseconds: at first, and in the end. */
    private static final long PAUSE_MIN_NS = 2_000_000;

    private static final long PAUSE_MAX_NS = 50_000_000;

    private Processes() {}

    /** The fields of /proc/PID/stat from the third (state) on: index 0 is the state; empty if there is no such process. */
    public static List<String> stat(long pid) {
        String text = new String(read(pid, "stat"), StandardCharsets.ISO_8859_1);
        return text.isEmpty()
                ? List.of()
                : Arrays.asList(
                        text.substring(text.lastIndexOf(')') + 2).strip().split(" "));
    }

    /** A file of /proc/PID; empty if the process, or the file, is gone. */
    public static byte[] read(long pid, String name) {
        try {
            return read(Path.of("/proc", Long.toString(pid), name));
        } catch (IOException gone) {
            // ESRCH for a process that ends between open and read, ENOENT for one that ended before.
            return new byte[0];
        }
    }

    /**
     * A file of /proc, read in large pieces. {@code Files.readAllBytes} begins with a single byte where the size is
     * given as 0, and files under /proc/sys are at their end after the first read, whatever its length.
     */
    public static byte[] read(Path file) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        byte[] piece = new byte[1 << 16];
        try (InputStream in = new FileInputStream(file.toFile())) {
            for (int length = in.read(piece); length > 0; length = in.read(piece)) {
                bytes.write(piece, 0, length);
            }
        }
        return bytes.toByteArray();
    }

    /** Whether a process is stopped, as by SIGSTOP. */
    public static boolean isStopped(long pid) {
        List<String> stat = stat(pid);
        return !stat.isEmpty() && stat.get(0).equals("T");
    }

    /** Whether the process lives; a zombie does not. */
    public static boolean lives(long pid) {
        return lives(stat(pid));
    }

    /** The same, by what {@link #stat} gave. */
    static boolean lives(List<String> stat) {
        return !stat.isEmpty() && !stat.get(0).equals("Z") && !stat.get(0).equals("X");
    }

    /** The process and all its descendants, parents before children. */
    public static List<Long> tree(long root) {
        List<Long> found = new ArrayList<>(List.of(root));
        for (int i = 0; i < found.size(); i++) {
            long pid = found.get(i);
            found.addAll(children(pid));
        }
        return List.copyOf(found);
    }

    private static List<Long> children(long pid) {
        List<Long> found = new ArrayList<>();
        for (long thread : threads(pid)) {
            String children = new String(read(pid, "task/" + thread + "/children"), StandardCharsets.US_ASCII);
            Arrays.stream(children.strip().split(" "))
                    .filter(word -> !word.isEmpty())
                    .map(Long::parseLong)
                    .forEach(found::add);
        }
        return found;
    }

    /** The ids of a process's threads, the oldest first; none if it is gone. */
    public static List<Long> threads(long pid) {
        return numbers(Path.of("/proc", Long.toString(pid), "task"));
    }

    /** Start times, in clock ticks since boot, of all processes but kernel threads, by pid. */
    public static Map<Long, Long> all() {
        Map<Long, Long> found = new HashMap<>();
        // Most are kernel threads: they are known as kthreadd's children, without a look at each.
        Set<Long> kernel = new HashSet<>(children(KTHREADD));
        for (long pid : numbers(Path.of("/proc"))) {
            List<String> stat = kernel.contains(pid) ? List.of() : stat(pid);
            if (!stat.isEmpty() && (Long.parseLong(stat.get(6)) & KERNEL_THREAD) == 0) {
                found.put(pid, Long.parseLong(stat.get(19)));
            }
        }
        return Map.copyOf(found);
    }

    private static List<Long> numbers(Path folder) {
        try (Stream<Path> entries = Files.list(folder)) {
            return entries.map(entry -> entry.getFileName().toString())
                    .filter(name -> Character.isDigit(name.charAt(0)))
                    .map(Long::parseLong)
                    .toList();
        } catch (IOException | UncheckedIOException gone) {
            return List.of();
        }
    }

    /** Sends a signal, named as kill(1) does it ({@code TERM}, {@code STOP}); fails if one of the processes is gone. */
    public static void signal(String name, List<Long> pids) {
        List<String> words = new ArrayList<>(List.of("kill", "-s", name, "--"));
        pids.forEach(pid -> words.add(Long.toString(pid)));
        Command.of(words).run().ok();
    }

    public static void signal(String name, long pid) {
        signal(name, List.of(pid));
    }

    /** Stops processes with SIGSTOP and waits until each of their threads is in the stop. */
    public static void stop(List<Long> pids) {
        signal("STOP", pids);
        await("all threads of " + pids + " to be stopped", Duration.ofSeconds(30), () -> pids.stream()
                .allMatch(pid -> threads(pid).stream().allMatch(thread -> isStopped(pid, thread))));
    }

    /** Whether none of its threads is stopped or traced. */
    public static boolean runs(long pid) {
        return threads(pid).stream()
                .map(thread -> new String(read(pid, "task/" + thread + "/status"), StandardCharsets.ISO_8859_1))
                .allMatch(status -> status.contains("TracerPid:\t0\n") && !status.matches("(?s).*State:\t[tT].*"));
    }

    private static boolean isStopped(long pid, long thread) {
        String text = new String(read(pid, "task/" + thread + "/stat"), StandardCharsets.ISO_8859_1);
        return !text.isEmpty() && "Tt".indexOf(text.charAt(text.lastIndexOf(')') + 2)) >= 0;
    }

    /** Sends SIGTERM, without a kill(1), which costs a tenth of a second under emulation. */
    public static void terminate(long pid) {
        if (!ProcessHandle.of(pid).map(ProcessHandle::destroy).orElse(false)) {
            throw new AssertionError("cannot send SIGTERM to " + pid);
        }
    }

    /** Kills processes and waits until they are gone, buried included. */
    public static void kill(List<Long> pids) {
        // One may end by itself meanwhile: what counts is that all are gone.
        pids.stream().filter(Processes::lives).forEach(pid -> ProcessHandle.of(pid)
                .ifPresent(ProcessHandle::destroyForcibly));
        await(pids + " to be gone", Duration.ofSeconds(30), () -> pids.stream()
                .allMatch(pid -> stat(pid).isEmpty()));
    }

    /** Where the threads of a process are in the kernel, one a line, for the message of a test that waited in vain. */
    public static String whereabouts(long pid) {
        StringBuilder text = new StringBuilder();
        for (long thread : threads(pid)) {
            String at = "task/" + thread + "/";
            text.append("\nthread ").append(thread);
            for (String file : List.of("comm", "syscall", "wchan", "stack")) {
                text.append(' ').append(new String(read(pid, at + file), StandardCharsets.ISO_8859_1).strip());
            }
        }
        return text.append('\n').toString();
    }

    /** Waits until a condition holds, and fails when it does not in time. */
    public static void await(String what, Duration limit, BooleanSupplier condition) {
        long end = System.nanoTime() + limit.toNanos();
        long pause = PAUSE_MIN_NS;
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() - end > 0) {
                throw new AssertionError("waited " + limit.toSeconds() + " s in vain for " + what);
            }
            if (Thread.interrupted()) {
                throw new AssertionError("interrupted while waiting for " + what);
            }
            LockSupport.parkNanos(pause);
            // Each look takes processor time from what is waited for.
            pause = Math.min(pause * 5 / 4, PAUSE_MAX_NS);
        }
    }
}
