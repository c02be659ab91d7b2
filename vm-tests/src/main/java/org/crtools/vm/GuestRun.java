// SPDX-License-Identifier: Apache-2.0
package org.crtools.vm;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Iterator;
import java.util.Optional;
import java.util.Spliterator;
import java.util.Spliterators;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.Executor;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.DynamicTest;
import org.opentest4j.TestAbortedException;

/**
 * The guest tests in one machine. A thread reads what the machine says; the stream of tests follows it: each test begins
 * when it began in the machine and waits for its end there. The last test is about the machine itself.
 */
final class GuestRun {

    /** What the machine's thread hands over: an event, or the end of everything. */
    private sealed interface News {}

    private record Event(GuestEvent event) implements News {}

    /** @param code exit code of {@code vm run}; @param errors what it said, and what the tests said outside the protocol */
    private record Over(int code, String errors) implements News {}

    private static final long NS_PER_S = 1_000_000_000;

    private final String name;
    private final Machine machine;
    private final String command;
    private final Path results;
    private final BlockingQueue<News> news = new LinkedBlockingQueue<>();
    private int finished;
    private Optional<Integer> announced = Optional.empty();
    private Optional<Over> over = Optional.empty();

    /**
     * @param name the kernel's
     * @param results file of a line a test: name, outcome, milliseconds, separated by tabs
     */
    GuestRun(String name, Machine machine, String command, Path results) {
        this.name = name;
        this.machine = machine;
        this.command = command;
        this.results = results;
    }

    /** Runs the machine in one of the executor's threads. */
    void start(Executor machines) throws IOException {
        Files.writeString(results, "");
        Files.writeString(counts(), "");
        machines.execute(this::read);
    }

    private void read() {
        long begin = System.nanoTime();
        say("begins");
        StringBuilder stray = new StringBuilder();
        try (Machine.Running running = machine.start(command)) {
            for (String line = running.line(); line != null; line = running.line()) {
                Optional<GuestEvent> event = GuestEvent.parse(line);
                if (event.isPresent() && event.get() instanceof GuestEvent.Counted counted) {
                    count(counted);
                } else if (event.isPresent()) {
                    record(event.get());
                    news.add(new Event(event.get()));
                } else {
                    stray.append(line).append('\n');
                }
            }
            int code = running.waitFor();
            say("ends with exit code " + code + " after " + (System.nanoTime() - begin) / NS_PER_S + " s");
            news.add(new Over(code, stray + running.errors()));
        } catch (IOException | RuntimeException e) {
            news.add(new Over(-1, stray + "\nthe host lost the machine: " + e));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            news.add(new Over(-1, stray + "\ninterrupted"));
        }
    }

    /** A line each: test, what, how many. */
    private void count(GuestEvent.Counted counted) throws IOException {
        String line = (counted.test() + "\t" + counted.what()).replace('\n', ' ') + "\t" + counted.count() + "\n";
        Files.writeString(counts(), line, StandardCharsets.UTF_8, StandardOpenOption.APPEND);
    }

    private Path counts() {
        return results.resolveSibling(name + ".counts");
    }

    /** What is known at once, as the report of all comes at the end of the whole run. */
    private void say(String what) {
        System.out.println(name + ": " + what);
    }

    private void record(GuestEvent event) throws IOException {
        if (event instanceof GuestEvent.Finished end) {
            String line = end.test().replaceAll("[\t\n]", " ") + "\t" + end.outcome() + "\t" + end.millis() + "\n";
            Files.writeString(results, line, StandardCharsets.UTF_8, StandardOpenOption.APPEND);
            if (end.outcome() == GuestEvent.Outcome.FAILED) {
                say(end.test() + " failed\n" + end.log());
            }
        }
    }

    Stream<DynamicTest> tests() {
        return StreamSupport.stream(
                Spliterators.spliteratorUnknownSize(new Tests(), Spliterator.ORDERED | Spliterator.NONNULL), false);
    }

    private final class Tests implements Iterator<DynamicTest> {

        private boolean done;

        @Override
        public boolean hasNext() {
            return !done;
        }

        @Override
        public DynamicTest next() {
            while (over.isEmpty()) {
                News item = take();
                if (item instanceof Over end) {
                    over = Optional.of(end);
                } else if (item instanceof Event event) {
                    if (event.event() instanceof GuestEvent.Started started) {
                        return DynamicTest.dynamicTest(started.test(), () -> awaitEnd(started.test()));
                    } else if (event.event() instanceof GuestEvent.Ended ended) {
                        announced = Optional.of(ended.tests());
                    } else if (event.event() instanceof GuestEvent.Finished stray) {
                        throw new IllegalStateException("end of a test that never began: " + stray);
                    }
                }
            }
            done = true;
            return DynamicTest.dynamicTest("machine", GuestRun.this::judgeMachine);
        }
    }

    private News take() {
        try {
            return news.take();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return new Over(-1, "interrupted");
        }
    }

    private void awaitEnd(String test) {
        News item = take();
        if (item instanceof Event event && event.event() instanceof GuestEvent.Finished end) {
            if (!end.test().equals(test)) {
                throw new IllegalStateException("awaited the end of " + test + ", not of " + end.test());
            }
            finished++;
            switch (end.outcome()) {
                case PASSED -> {}
                case FAILED -> throw failure(test, end.log());
                case SKIPPED -> throw new TestAbortedException(end.log());
            }
        } else if (item instanceof Over end) {
            over = Optional.of(end);
            lost(test);
            throw failure(test, "the machine ended in the middle of this test\n" + end.errors());
        } else {
            throw new IllegalStateException("while " + test + " ran: " + item);
        }
    }

    private void lost(String test) {
        try {
            record(new GuestEvent.Finished(test, GuestEvent.Outcome.FAILED, 0, ""));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private GuestFailure failure(String test, String log) {
        return new GuestFailure(name + " " + test + "\n" + log);
    }

    private void judgeMachine() {
        Over end = over.orElseThrow();
        if (end.code() != 0) {
            throw failure("machine", "vm run: exit code " + end.code() + "\n" + end.errors());
        }
        if (announced.isEmpty() || announced.get() != finished) {
            throw failure(
                    "machine",
                    "the machine announced " + announced + " tests, " + finished + " were seen to end\n"
                            + end.errors());
        }
        if (finished == 0) {
            throw failure("machine", "no test was chosen: check the tags and class names");
        }
    }

    /** A failure in the guest; the host's own stack says nothing about it. */
    private static final class GuestFailure extends AssertionError {

        private static final long serialVersionUID = 1;

        private GuestFailure(String log) {
            super(log);
            setStackTrace(new StackTraceElement[0]);
        }
    }
}
