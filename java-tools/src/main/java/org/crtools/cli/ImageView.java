// SPDX-License-Identifier: Apache-2.0
package org.crtools.cli;

import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.crtools.image.Base;
import org.crtools.image.Format;
import org.crtools.image.Header;
import org.crtools.image.Image;
import org.crtools.image.Segment;
import org.crtools.image.ThreadRecord;
import org.crtools.image.Vma;
import org.crtools.image.VmaTable;
import org.crtools.model.Json;

/** Prints one image: its threads, its memory map, its sizes. */
final class ImageView {
    private static final int KIB = 1024;

    private final PrintWriter out;

    ImageView(PrintWriter out) {
        this.out = out;
    }

    void print(Path path, Image image) {
        Header header = image.header();
        out.printf(
                "%s: %s image, format %d.%d, id %s, pid %d, kernel %s, %d KiB%n",
                path,
                image.isTree() ? "tree" : "core",
                header.formatMajor(),
                header.formatMinor(),
                header.id(),
                header.pid(),
                header.release(),
                image.fileSize() / KIB);
        image.program()
                .ifPresent(
                        program -> out.println("  program of " + program.ops().size() + " operations"));
        for (ThreadRecord thread : image.threads()) {
            out.printf(
                    "  thread %d %s  ip %x sp %x%n",
                    thread.state().tid(),
                    thread.state().comm(),
                    thread.registers().rip(),
                    thread.registers().rsp());
        }
        image.vmas().ifPresent(table -> {
            for (Vma vma : table.vmas()) {
                out.printf(
                        "  %012x-%012x %s %8d KiB  %6d KiB saved  %s%n",
                        vma.start(),
                        vma.end(),
                        permissions(vma),
                        vma.size() / KIB,
                        saved(image, vma) / KIB,
                        what(table, vma));
            }
        });
    }

    static Map<String, Object> json(Image image) {
        Header header = image.header();
        Map<String, Object> json = Json.object(
                "kind", image.isTree() ? "tree" : "core",
                "format", header.formatMajor() + "." + header.formatMinor(),
                "id", header.id().toString(),
                "pid", header.pid(),
                "kernel", header.release(),
                "created_ns", header.createdNs(),
                "bytes", image.fileSize(),
                "operations",
                        image.program().map(program -> program.ops().size()).orElse(0));
        json.put(
                "threads",
                image.threads().stream()
                        .map(thread -> Json.object(
                                "tid", thread.state().tid(),
                                "name", thread.state().comm().toString(),
                                "ip", Long.toHexString(thread.registers().rip()),
                                "sp", Long.toHexString(thread.registers().rsp())))
                        .toList());
        json.put(
                "mappings",
                image.vmas()
                        .map(table -> table.vmas().stream()
                                .map(vma -> mapping(image, table, vma))
                                .toList())
                        .orElse(List.of()));
        return json;
    }

    private static Map<String, Object> mapping(Image image, VmaTable table, Vma vma) {
        return Json.object(
                "start", Long.toHexString(vma.start()),
                "end", Long.toHexString(vma.end()),
                "permissions", permissions(vma),
                "base", vma.base().name(),
                "saved", saved(image, vma),
                "what", what(table, vma));
    }

    private static String permissions(Vma vma) {
        return (vma.hasFlag(Format.CRT_VMA_READ) ? "r" : "-")
                + (vma.hasFlag(Format.CRT_VMA_WRITE) ? "w" : "-")
                + (vma.hasFlag(Format.CRT_VMA_EXEC) ? "x" : "-")
                + (vma.isShared() ? "s" : "p");
    }

    /** Bytes of page data in the image. */
    private static long saved(Image image, Vma vma) {
        return image.segments().stream()
                .filter(segment -> vma.contains(segment.address()))
                .mapToLong(Segment::fileSize)
                .sum();
    }

    private static String what(VmaTable table, Vma vma) {
        String name = vma.name().isEmpty() ? "" : " [" + vma.name() + "]";
        if (vma.hasFlag(Format.CRT_VMA_STACK)) {
            name = " [stack]" + name;
        }
        String path = vma.file() == Format.CRT_NO_FILE
                ? ""
                : " " + table.files().get(vma.file()).path();
        String base = vma.base() == Base.FD
                ? "descriptor " + vma.fd()
                : vma.base().name().toLowerCase(java.util.Locale.ROOT);
        return base + path + name;
    }
}
