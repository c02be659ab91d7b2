// SPDX-License-Identifier: Apache-2.0
package org.crtools.cli;

import java.io.PrintWriter;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.crtools.checkpoint.Checkpoints;

/**
 * Prints the processes of a checkpoint and their descriptors. Anybody may have made it: whatever it says, the terminal
 * gets text only, and the end is reached.
 */
final class TreeView {
    private static final int DEEPEST_INDENT = 32;

    private final PrintWriter out;

    private record Shown(Map<String, Object> process, int depth) {}

    TreeView(PrintWriter out) {
        this.out = out;
    }

    void print(Map<String, Object> model) {
        long created = number(model.get("created_ns"));
        List<Object> processes = Checkpoints.list(model.get("processes"));
        out.println("Checkpoint of " + Instant.ofEpochSecond(created / 1_000_000_000L) + ", kernel "
                + text(model.get("kernel")) + (Boolean.TRUE.equals(model.get("shell_job")) ? ", shell job" : ""));
        out.println();
        printTree(processes);
        for (Object process : processes) {
            printDescriptors(Checkpoints.map(process));
        }
    }

    private void printTree(List<Object> processes) {
        Map<Long, List<Map<String, Object>>> childrenOf = new HashMap<>();
        for (Object element : processes) {
            Map<String, Object> process = Checkpoints.map(element);
            childrenOf
                    .computeIfAbsent(number(process.get("parent")), none -> new ArrayList<>())
                    .add(process);
        }
        Deque<Shown> next = new ArrayDeque<>();
        push(next, childrenOf.remove(0L), 0);
        while (!next.isEmpty()) {
            Shown shown = next.pop();
            printProcess(shown.process(), "  ".repeat(Math.min(shown.depth(), DEEPEST_INDENT)));
            // Taken out, so that nobody is his own ancestor.
            push(next, childrenOf.remove(number(shown.process().get("pid"))), shown.depth() + 1);
        }
    }

    private static void push(Deque<Shown> next, List<Map<String, Object>> children, int depth) {
        List<Map<String, Object>> known = children == null ? List.of() : children;
        for (int i = known.size() - 1; i >= 0; i--) {
            next.push(new Shown(known.get(i), depth));
        }
    }

    private void printProcess(Map<String, Object> process, String indent) {
        boolean zombie = Boolean.TRUE.equals(process.get("zombie"));
        out.printf(
                "%s%s %s%s  session %s, group %s%n",
                indent,
                text(process.get("pid")),
                text(process.get("name")),
                zombie
                        ? " (zombie)"
                        : ", " + Checkpoints.list(process.get("threads")).size() + " threads",
                text(process.get("session")),
                text(process.get("group")));
    }

    private void printDescriptors(Map<String, Object> process) {
        List<Object> descriptors = Checkpoints.list(process.get("descriptors"));
        if (process.get("image") == null) {
            return;
        }
        out.println();
        out.println("pid " + text(process.get("pid")) + ": " + text(process.get("exe")) + ", in "
                + text(process.get("cwd")));
        for (Object element : descriptors) {
            Map<String, Object> descriptor = Checkpoints.map(element);
            out.printf(
                    "  fd %-4s %-14s %s  flags %s, position %s%s%n",
                    text(descriptor.get("fd")),
                    text(descriptor.get("kind")),
                    text(descriptor.get("detail")),
                    text(descriptor.get("flags")),
                    text(descriptor.get("position")),
                    Boolean.TRUE.equals(descriptor.get("cloexec")) ? ", close-on-exec" : "");
        }
    }

    /** Characters that would do something to the terminal as escapes. */
    private static String text(Object value) {
        StringBuilder result = new StringBuilder();
        String.valueOf(value).codePoints().forEach(c -> {
            switch (Character.getType(c)) {
                case Character.CONTROL,
                        Character.FORMAT,
                        Character.SURROGATE,
                        Character.LINE_SEPARATOR,
                        Character.PARAGRAPH_SEPARATOR -> result.append(String.format("\\u%04x", c));
                default -> result.appendCodePoint(c);
            }
        });
        return result.toString();
    }

    private static long number(Object value) {
        return value instanceof Long number ? number : 0;
    }
}
