// SPDX-License-Identifier: Apache-2.0

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;

/**
 * Threads that fill one map and verify it all the while.
 *
 * <p>{@code java Counter.java [THREADS [MAX_ENTRIES_PER_THREAD [COUNTS_FILE]]]}. Reports as the C
 * workloads do: CR_READY once every thread has counted, CR_RESULT on SIGTERM or at once when an
 * entry is wrong. Appends the number of entries ever put to COUNTS_FILE, a line every 200 ms.
 */
public final class Counter {
    private static final ConcurrentHashMap<Long, Long> MAP = new ConcurrentHashMap<>();
    private static final AtomicBoolean STOP = new AtomicBoolean();
    private static final AtomicReference<String> FAILURE = new AtomicReference<>();

    private Counter() {}

    /** One writer of a range of keys of its own: the low bits are the thread's number. */
    private static final class Worker extends Thread {
        private final int index;
        private final int threads;
        private final long maxEntries;
        /** Keys put so far are 0 to count - 1; those before first were removed. */
        private volatile long count;
        private long first;
        private long checksum;

        Worker(int index, int threads, long maxEntries) {
            super("counter-" + index);
            this.index = index;
            this.threads = threads;
            this.maxEntries = maxEntries;
        }

        private long key(long n) {
            return n * threads + index;
        }

        @Override
        public void run() {
            while (!STOP.get()) {
                long key = key(count);
                if (MAP.put(key, mix(key)) != null) {
                    fail("key " + key + " was there before");
                }
                checksum += mix(key);
                count = count + 1;
                if (count - first > maxEntries) {
                    long oldest = key(first);
                    Long value = MAP.remove(oldest);
                    if (value == null || value != mix(oldest)) {
                        fail("key " + oldest + " has " + value);
                    }
                    checksum -= mix(oldest);
                    first++;
                }
                long probe = key(first + Math.floorMod(mix(count), count - first));
                Long value = MAP.get(probe);
                if (value == null || value != mix(probe)) {
                    fail("key " + probe + " has " + value);
                }
            }
        }
    }

    private static long mix(long z) {
        z = (z ^ (z >>> 33)) * 0xff51afd7ed558ccdL;
        z = (z ^ (z >>> 29)) * 0xc4ceb9fe1a85ec53L;
        return z ^ (z >>> 32);
    }

    /** Damage is reported at once. */
    private static void fail(String reason) {
        if (FAILURE.compareAndSet(null, reason)) {
            publish("CR_RESULT", "FAIL: " + reason + "\n");
            Runtime.getRuntime().halt(1);
        }
    }

    private static void publish(String variable, String text) {
        String name = System.getenv(variable);
        if (name == null) {
            System.out.print(text);
            System.out.flush();
            return;
        }
        try {
            Path path = Path.of(name);
            if (Files.isDirectory(path)) {
                path = path.resolve(Long.toString(ProcessHandle.current().pid()));
            }
            Path temporary = Path.of(path + ".tmp");
            Files.writeString(temporary, text);
            Files.move(temporary, path, StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException e) {
            e.printStackTrace();
            Runtime.getRuntime().halt(3);
        }
    }

    private static void finish(List<Worker> workers) {
        STOP.set(true);
        long entries = 0;
        long checksum = 0;
        long counted = 0;
        try {
            for (Worker worker : workers) {
                worker.join();
                entries += worker.count - worker.first;
                checksum += worker.checksum;
                counted += worker.count;
            }
        } catch (InterruptedException e) {
            fail("interrupted");
        }
        if (System.getenv("CR_DAMAGE") != null) {
            MAP.compute(workers.get(0).key(workers.get(0).count - 1), (key, value) -> value + 1);
        }
        long sum = 0;
        for (var entry : MAP.entrySet()) {
            if (entry.getValue() != mix(entry.getKey())) {
                fail("key " + entry.getKey() + " has " + entry.getValue());
            }
            sum += entry.getValue();
        }
        if (MAP.size() != entries) {
            fail(MAP.size() + " entries, expected " + entries);
        }
        if (sum != checksum) {
            fail("checksum " + sum + ", expected " + checksum);
        }
        publish("CR_RESULT", "PASS\n" + counted + " counted, " + entries + " entries\n");
        Runtime.getRuntime().halt(0);
    }

    private static long total(List<Worker> workers) {
        return workers.stream().mapToLong(worker -> worker.count).sum();
    }

    public static void main(String[] args) throws Exception {
        int threads = args.length > 0 ? Integer.parseInt(args[0]) : 4;
        long maxEntries = args.length > 1 ? Long.parseLong(args[1]) : 200_000;
        Path counts = args.length > 2 ? Path.of(args[2]).toAbsolutePath() : null;

        List<Worker> workers = new ArrayList<>();
        for (int i = 0; i < threads; i++) {
            workers.add(new Worker(i, threads, maxEntries));
        }
        Runtime.getRuntime().addShutdownHook(new Thread(() -> finish(workers)));
        workers.forEach(Thread::start);
        while (workers.stream().anyMatch(worker -> worker.count == 0)) {
            Thread.sleep(10);
        }
        boolean toFile = System.getenv("CR_READY") != null;
        publish("CR_READY", toFile ? ProcessHandle.current().pid() + "\n" : "ready\n");
        long before = 0;
        try (var out = counts == null
                ? java.io.OutputStream.nullOutputStream()
                : Files.newOutputStream(counts, StandardOpenOption.CREATE, StandardOpenOption.APPEND)) {
            while (!STOP.get()) {
                long now = total(workers);
                if (now < before) {
                    fail("counted " + now + " after " + before);
                }
                before = now;
                out.write((now + "\n").getBytes(StandardCharsets.US_ASCII));
                Thread.sleep(200);
            }
        }
        Thread.currentThread().join();
    }
}
