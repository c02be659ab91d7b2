// SPDX-License-Identifier: Apache-2.0
package org.crtools.sys;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** What the kernel tells of processes in /proc (proc(5)). Needs no native code. */
public final class Proc {
    private final Path root;

    public Proc() {
        this(Path.of("/proc"));
    }

    Proc(Path root) {
        this.root = root;
    }

    public boolean exists(int pid) {
        return Files.exists(root.resolve(Integer.toString(pid)));
    }

    public ProcStat stat(int pid) throws IOException {
        return ProcStat.parse(Files.readAllBytes(file(pid, "stat")));
    }

    public ProcStat threadStat(int pid, int tid) throws IOException {
        return ProcStat.parse(Files.readAllBytes(file(pid, "task/" + tid + "/stat")));
    }

    public ProcStatus status(int pid) throws IOException {
        return ProcStatus.parse(text(file(pid, "status")));
    }

    public ProcStatus threadStatus(int pid, int tid) throws IOException {
        return ProcStatus.parse(text(file(pid, "task/" + tid + "/status")));
    }

    /**
     * All threads, the main thread first, then in the order in which they came: that of the kernel's own list (kernel:
     * {@code proc_task_readdir()} in fs/proc/base.c), which is that of the threads in a core image. Not that of their
     * ids, which start again from below when the highest is used up.
     */
    public List<Integer> threads(int pid) throws IOException {
        return numbers(file(pid, "task"));
    }

    /** All descriptors, ascending. */
    public List<Integer> descriptors(int pid) throws IOException {
        List<Integer> descriptors = numbers(file(pid, "fd"));
        descriptors.sort(null);
        return descriptors;
    }

    /** All processes. */
    public List<Integer> processes() throws IOException {
        List<Integer> processes = new ArrayList<>();
        try (DirectoryStream<Path> entries = Files.newDirectoryStream(root, "[0-9]*")) {
            for (Path entry : entries) {
                processes.add(Integer.parseInt(entry.getFileName().toString()));
            }
        }
        return processes;
    }

    /** The lines of /proc/locks. */
    public List<String> locks() throws IOException {
        return text(root.resolve("locks")).lines().toList();
    }

    /** Children of every thread of a process. Complete only while the process is stopped. */
    public List<Integer> children(int pid) throws IOException {
        List<Integer> children = new ArrayList<>();
        for (int tid : threads(pid)) {
            String text;
            try {
                text = text(file(pid, "task/" + tid + "/children")).trim();
            } catch (NoSuchFileException gone) {
                continue;
            }
            if (!text.isEmpty()) {
                for (String child : text.split(" ")) {
                    children.add(Integer.parseInt(child));
                }
            }
        }
        return children;
    }

    public FdInfo descriptorInfo(int pid, int fd) throws IOException {
        return FdInfo.parse(text(file(pid, "fdinfo/" + fd)));
    }

    public List<ProcMap> maps(int pid) throws IOException {
        byte[] bytes = Files.readAllBytes(file(pid, "maps"));
        List<ProcMap> maps = new ArrayList<>();
        int start = 0;
        for (int i = 0; i < bytes.length; i++) {
            if (bytes[i] == '\n') {
                byte[] line = new byte[i - start];
                System.arraycopy(bytes, start, line, 0, line.length);
                maps.add(ProcMap.parse(line));
                start = i + 1;
            }
        }
        return maps;
    }

    /** A small file of a process as text, without blanks at its ends. */
    public String value(int pid, String name) throws IOException {
        return text(file(pid, name)).trim();
    }

    public Path file(int pid, String name) {
        return root.resolve(pid + "/" + name);
    }

    private static String text(Path path) throws IOException {
        // Names may hold any bytes; the numbers that are read from here are ASCII.
        return new String(Files.readAllBytes(path), StandardCharsets.ISO_8859_1);
    }

    private static List<Integer> numbers(Path folder) throws IOException {
        List<Integer> numbers = new ArrayList<>();
        try (DirectoryStream<Path> entries = Files.newDirectoryStream(folder)) {
            for (Path entry : entries) {
                numbers.add(Integer.parseInt(entry.getFileName().toString()));
            }
        }
        return numbers;
    }
}
