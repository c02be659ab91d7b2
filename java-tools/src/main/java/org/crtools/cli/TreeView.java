// SPDX-License-Identifier: Apache-2.0
package org.crtools.cli;

import java.io.PrintWriter;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.crtools.checkpoint.Checkpoints;

/** Prints the processes of a checkpoint and their descriptors. */
final class TreeView {
    private final PrintWriter out;

    TreeView(PrintWriter out) {
        this.out = out;
    }

    void print(Map<String, Object> model) {
        long created = number(model.get("created_ns"));
        List<Object> processes = Checkpoints.list(model.get("processes"));
        out.println("Checkpoint of " + Instant.ofEpochSecond(created / 1_000_000_000L) + ", kernel "
                + model.get("kernel") + (Boolean.TRUE.equals(model.get("shell_job")) ? ", shell job" : ""));
        out.println();
        printChildren(processes, 0, "");
        for (Object process : processes) {
            printDescriptors(Checkpoints.map(process));
        }
    }

    private void printChildren(List<Object> processes, long parent, String indent) {
        for (Object element : processes) {
            Map<String, Object> process = Checkpoints.map(element);
            if (number(process.get("parent")) != parent) {
                continue;
            }
            boolean zombie = Boolean.TRUE.equals(process.get("zombie"));
            out.printf(
                    "%s%s %s%s  session %s, group %s%n",
                    indent,
                    process.get("pid"),
                    process.get("name"),
                    zombie
                            ? " (zombie)"
                            : ", " + Checkpoints.list(process.get("threads")).size() + " threads",
                    process.get("session"),
                    process.get("group"));
            printChildren(processes, number(process.get("pid")), indent + "  ");
        }
    }

    private void printDescriptors(Map<String, Object> process) {
        List<Object> descriptors = Checkpoints.list(process.get("descriptors"));
        if (process.get("image") == null) {
            return;
        }
        out.println();
        out.println("pid " + process.get("pid") + ": " + process.get("exe") + ", in " + process.get("cwd"));
        for (Object element : descriptors) {
            Map<String, Object> descriptor = Checkpoints.map(element);
            out.printf(
                    "  fd %-4s %-14s %s  flags %s, position %s%s%n",
                    descriptor.get("fd"),
                    descriptor.get("kind"),
                    descriptor.get("detail"),
                    descriptor.get("flags"),
                    descriptor.get("position"),
                    Boolean.TRUE.equals(descriptor.get("cloexec")) ? ", close-on-exec" : "");
        }
    }

    private static long number(Object value) {
        return value instanceof Long number ? number : 0;
    }
}
