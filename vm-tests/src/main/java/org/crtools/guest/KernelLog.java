// SPDX-License-Identifier: Apache-2.0
package org.crtools.guest;

import java.io.BufferedReader;
import java.io.FileInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;

/**
 * The kernel's log, read record by record from /dev/kmsg. To know that everything said so far has been read, it writes
 * a line of its own and reads up to it; that line also marks the tests in the console's log.
 */
public final class KernelLog {

    private static final Path DEVICE = Path.of("/dev/kmsg");
    /** Longest record the device gives, from CONSOLE_EXT_LOG_MAX in kernel/printk/printk.c. */
    private static final int RECORD_MAX = 8192;
    /** Bits of /proc/sys/kernel/tainted that a module of our kind sets: out of tree, unsigned. */
    private static final long OWN_TAINT = 4096 | 8192;

    /** For a record that was written to be read, in seconds. */
    private static final long LIMIT_S = 120;

    /** Of reads in a row. */
    private static final int MOST_FAILURES = 100;

    private final InputStream records;
    private final BlockingQueue<String> messages = new LinkedBlockingQueue<>();
    private final List<Pattern> problems;
    private long taint;
    private long markers;

    private KernelLog(InputStream records, List<Pattern> problems) {
        this.records = records;
        this.problems = problems;
    }

    /** Opens the log and skips what it holds already. */
    public static KernelLog open() throws IOException {
        KernelLog log = new KernelLog(new FileInputStream(DEVICE.toFile()), readProblems());
        Thread reader = new Thread(log::read, "kernel log");
        reader.setDaemon(true);
        reader.start();
        log.since("kernel log opened");
        log.taint = readTaint();
        return log;
    }

    /** The lines since the last call, without their time stamps; {@code what} is written into the log as a mark. */
    public synchronized List<String> since(String what) throws IOException {
        String marker = "crtools-test: " + what.replaceAll("[^ -~]", "?") + " #" + markers++;
        Files.write(DEVICE, ("<6>" + marker + "\n").getBytes(StandardCharsets.US_ASCII));
        List<String> lines = new ArrayList<>();
        try {
            while (true) {
                String message = messages.poll(LIMIT_S, TimeUnit.SECONDS);
                if (message == null) {
                    lines.add("BUG in the test: no mark in the kernel log after " + LIMIT_S + " s");
                    return lines;
                }
                if (message.equals(marker)) {
                    return lines;
                }
                if (!message.startsWith("crtools-test: ")) {
                    lines.add(message);
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            lines.add("BUG in the test: interrupted while it read the kernel log");
            return lines;
        }
    }

    /** A read waits for the next record, however long; so it has a thread. */
    private void read() {
        byte[] record = new byte[RECORD_MAX];
        int failures = 0;
        while (failures < MOST_FAILURES) {
            try {
                String text = new String(record, 0, records.read(record), StandardCharsets.UTF_8);
                messages.add(text.substring(text.indexOf(';') + 1)
                        .lines()
                        .findFirst()
                        .orElse(""));
                failures = 0;
            } catch (IOException overwritten) {
                // EPIPE: records were lost because the buffer wrapped; the next read goes on behind the gap.
                messages.add("BUG in the test: kernel log records were lost: " + overwritten.getMessage());
                failures++;
            }
        }
    }

    /**
     * What is wrong since the last call: all new lines if one of them is a problem, and new taint. Empty if all is well.
     */
    public synchronized List<String> problemsSince(String what) throws IOException {
        List<String> lines = new ArrayList<>(since(what));
        if (lines.stream().noneMatch(this::isProblem)) {
            lines.clear();
        }
        long now = readTaint();
        long added = now & ~taint & ~OWN_TAINT;
        taint = now;
        if (added != 0) {
            lines.add("new kernel taint: " + added);
        }
        return lines;
    }

    private boolean isProblem(String line) {
        return problems.stream().anyMatch(problem -> problem.matcher(line).find());
    }

    private static long readTaint() throws IOException {
        byte[] text = Processes.read(Path.of("/proc/sys/kernel/tainted"));
        return Long.parseLong(new String(text, StandardCharsets.US_ASCII).strip());
    }

    private static List<Pattern> readProblems() {
        InputStream list = Objects.requireNonNull(KernelLog.class.getResourceAsStream("kernel-problems.list"));
        try (BufferedReader reader = new BufferedReader(new InputStreamReader(list, StandardCharsets.UTF_8))) {
            return reader.lines()
                    .filter(line -> !line.isBlank())
                    .map(Pattern::compile)
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
