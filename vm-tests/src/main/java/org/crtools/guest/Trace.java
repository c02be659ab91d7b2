// SPDX-License-Identifier: Apache-2.0
package org.crtools.guest;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What strace(1) has written. */
public record Trace(List<String> lines) {

    private static final Pattern LINE = Pattern.compile("(?:(\\d+) +)?(.*)");
    private static final Pattern CALL = Pattern.compile("([a-z0-9_]+)\\(.*");

    public Trace {
        lines = List.copyOf(lines);
    }

    public static Trace read(Path file) {
        try {
            return new Trace(Files.readAllLines(file));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /**
     * A system call.
     *
     * @param pid of the thread; empty in a trace of one process
     * @param number how many of the kind the thread made up to it, as strace counts them
     */
    public record Call(String pid, String kind, int number, String line) {}

    /** In the order in which they began. */
    public List<Call> calls() {
        Map<String, Integer> numbers = new HashMap<>();
        List<Call> calls = new ArrayList<>();
        for (String line : lines) {
            Matcher parts = parts(line);
            Matcher call = CALL.matcher(parts.group(2));
            if (call.matches()) {
                String pid = pid(parts);
                int number = numbers.merge(pid + " " + call.group(1), 1, Integer::sum);
                calls.add(new Call(pid, call.group(1), number, line));
            }
        }
        return calls;
    }

    /** The most calls of each kind that one thread made. */
    public SortedMap<String, Integer> kinds() {
        SortedMap<String, Integer> kinds = new TreeMap<>();
        calls().forEach(call -> kinds.merge(call.kind(), call.number(), Math::max));
        return kinds;
    }

    /** Whether strace made a call fail. */
    public boolean showsError() {
        return lines.stream().anyMatch(line -> line.endsWith("(INJECTED)"));
    }

    /** Whether a thread was killed in its so-manieth call of a kind. Strace does not tell who killed it. */
    public boolean showsKill(String kind, int number) {
        Map<String, Call> last = new HashMap<>();
        calls().forEach(call -> last.put(call.pid(), call));
        return lines.stream()
                .map(Trace::parts)
                .filter(parts -> parts.group(2).equals("+++ killed by SIGKILL +++"))
                .map(parts -> last.get(pid(parts)))
                .anyMatch(call -> call != null && call.kind().equals(kind) && call.number() == number);
    }

    private static Matcher parts(String line) {
        Matcher parts = LINE.matcher(line);
        if (!parts.matches()) {
            throw new AssertionError("not a line of strace: " + line);
        }
        return parts;
    }

    private static String pid(Matcher parts) {
        return parts.group(1) == null ? "" : parts.group(1);
    }
}
