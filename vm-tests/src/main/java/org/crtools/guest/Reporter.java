// SPDX-License-Identifier: Apache-2.0
package org.crtools.guest;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.locks.LockSupport;
import org.crtools.vm.GuestEvent;
import org.junit.platform.engine.TestExecutionResult;
import org.junit.platform.engine.TestTag;
import org.junit.platform.engine.reporting.ReportEntry;
import org.junit.platform.engine.support.descriptor.ClassSource;
import org.junit.platform.launcher.TestExecutionListener;
import org.junit.platform.launcher.TestIdentifier;
import org.junit.platform.launcher.TestPlan;

/**
 * Tells the host of each test, and holds against a test what JUnit does not see: problems in the kernel's log while it
 * ran, and processes it left behind. What a test prints is kept back and told only if it fails.
 */
final class Reporter implements TestExecutionListener {

    /** Tag of a test class that keeps processes from one test to the next. */
    static final String SHARED_PROCESSES = "shared-processes";

    /** Most characters of output told of one test. */
    private static final int LOG_MAX = 200_000;

    /** For a process that is on its way out when its test is over. */
    private static final Duration ENDS = Duration.ofSeconds(30);

    private static final long LOOK_NS = 10_000_000;

    private final PrintStream host;
    private final KernelLog kernel;
    private final ByteArrayOutputStream printed = new ByteArrayOutputStream();
    private final Map<String, Long> starts = new HashMap<>();
    private Map<Long, Long> processes;
    private TestPlan plan;
    private int tests;

    Reporter(PrintStream host, KernelLog kernel) {
        this.host = host;
        this.kernel = kernel;
        this.processes = Processes.all();
        PrintStream kept = new PrintStream(printed, true, StandardCharsets.UTF_8);
        System.setOut(kept);
        System.setErr(kept);
    }

    private void tell(GuestEvent event) {
        synchronized (host) {
            host.println(GuestEvent.format(event));
        }
    }

    /** Does something that is no JUnit test, reports it as one, and says whether it went well. */
    boolean check(String name, Runnable what) {
        begin(name);
        Throwable thrown = null;
        try {
            what.run();
        } catch (RuntimeException | AssertionError e) {
            thrown = e;
        }
        return finish(name, Optional.ofNullable(thrown), true);
    }

    /** Tells the host that this was all. */
    void end() {
        tell(new GuestEvent.Ended(tests));
    }

    private void begin(String name) {
        tests++;
        starts.put(name, System.nanoTime());
        tell(new GuestEvent.Started(name));
    }

    private boolean finish(String name, Optional<Throwable> thrown, boolean mayLeaveNothing) {
        long millis = (System.nanoTime() - starts.remove(name)) / 1_000_000;
        StringBuilder log = new StringBuilder();
        thrown.ifPresent(t -> log.append(trace(t)));
        if (mayLeaveNothing) {
            leftBehind()
                    .forEach(line -> log.append("left behind: ").append(line).append('\n'));
        }
        kernelProblems(name).forEach(line -> log.append("kernel: ").append(line).append('\n'));
        boolean passed = log.length() == 0;
        if (!passed && printed.size() > 0) {
            log.append("printed:\n").append(printed.toString(StandardCharsets.UTF_8));
        }
        printed.reset();
        log.setLength(Math.min(log.length(), LOG_MAX));
        tell(new GuestEvent.Finished(
                name,
                passed ? GuestEvent.Outcome.PASSED : GuestEvent.Outcome.FAILED,
                millis,
                log.toString().stripTrailing()));
        return passed;
    }

    private List<String> kernelProblems(String name) {
        try {
            return kernel.problemsSince("end of " + name);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Kills and names the processes that came since the last test and stayed. */
    private List<String> leftBehind() {
        Map<Long, Long> before = processes;
        List<Long> strangers = strangers(before);
        List<String> names = new ArrayList<>();
        // One that is ending just now is none; a namespace ends with its last process.
        long end = System.nanoTime() + ENDS.toNanos();
        while (!strangers.isEmpty() && System.nanoTime() < end) {
            LockSupport.parkNanos(LOOK_NS);
            strangers = strangers(before);
        }
        for (long pid : strangers) {
            names.add("process " + pid + " "
                    + new String(Processes.read(pid, "cmdline"), StandardCharsets.UTF_8).replace('\0', ' '));
        }
        try {
            Processes.kill(strangers);
        } catch (AssertionError unkillable) {
            names.add(unkillable.getMessage());
        }
        processes = Processes.all();
        return names;
    }

    private static List<Long> strangers(Map<Long, Long> before) {
        return Processes.all().entrySet().stream()
                .filter(entry -> !entry.getValue().equals(before.get(entry.getKey())))
                .map(Map.Entry::getKey)
                .filter(pid -> !Tools.isServer(pid))
                .sorted()
                .toList();
    }

    private static String trace(Throwable thrown) {
        StringWriter text = new StringWriter();
        thrown.printStackTrace(new PrintWriter(text));
        StringBuilder kept = new StringBuilder();
        text.toString()
                .lines()
                .filter(line -> !line.matches("\\s+at (app//)?(org\\.junit\\.|java\\.base(@[\\d.]+)?/(java|jdk)\\.).*"))
                .forEach(line -> kept.append(line).append('\n'));
        return kept.toString();
    }

    @Override
    public void testPlanExecutionStarted(TestPlan started) {
        plan = started;
    }

    @Override
    public void executionStarted(TestIdentifier test) {
        if (test.isTest()) {
            begin(name(test));
        }
    }

    /** What a test publishes as a number is counted by the host. */
    @Override
    public void reportingEntryPublished(TestIdentifier test, ReportEntry entry) {
        entry.getKeyValuePairs()
                .forEach((what, count) -> tell(new GuestEvent.Counted(name(test), what, Long.parseLong(count))));
    }

    @Override
    public void executionSkipped(TestIdentifier test, String reason) {
        tests++;
        tell(new GuestEvent.Started(name(test)));
        tell(new GuestEvent.Finished(name(test), GuestEvent.Outcome.SKIPPED, 0, reason));
    }

    @Override
    public void executionFinished(TestIdentifier test, TestExecutionResult result) {
        boolean shared = test.getTags().contains(TestTag.create(SHARED_PROCESSES));
        if (test.isTest() && result.getStatus() == TestExecutionResult.Status.ABORTED) {
            finishSkipped(test, result);
        } else if (test.isTest()) {
            finish(name(test), result.getThrowable(), !shared);
        } else if (test.getSource().filter(ClassSource.class::isInstance).isPresent()
                || result.getThrowable().isPresent()) {
            finishContainer(test, result);
        }
    }

    private void finishSkipped(TestIdentifier test, TestExecutionResult result) {
        starts.remove(name(test));
        printed.reset();
        tell(new GuestEvent.Finished(
                name(test),
                GuestEvent.Outcome.SKIPPED,
                0,
                result.getThrowable().map(Throwable::getMessage).orElse("")));
    }

    /** What went wrong before the first or after the last test of a class is a failed test of its own. */
    private void finishContainer(TestIdentifier container, TestExecutionResult result) {
        StringBuilder log = new StringBuilder();
        result.getThrowable().ifPresent(thrown -> log.append(trace(thrown)));
        leftBehind().forEach(line -> log.append("left behind: ").append(line).append('\n'));
        kernelProblems(name(container))
                .forEach(line -> log.append("kernel: ").append(line).append('\n'));
        if (log.length() > 0) {
            String name = name(container) + "/before and after its tests";
            tests++;
            tell(new GuestEvent.Started(name));
            tell(new GuestEvent.Finished(name, GuestEvent.Outcome.FAILED, 0, log.toString()));
        }
    }

    /** The simple name of the class, a slash, and the display names down to the test. */
    private String name(TestIdentifier test) {
        List<String> path = new ArrayList<>();
        Optional<TestIdentifier> at = Optional.of(test);
        while (at.isPresent() && !isClass(at.get())) {
            path.add(0, at.get().getDisplayName().replaceFirst("\\([\\w.$, ]*\\)$", ""));
            at = plan.getParent(at.get());
        }
        at.ifPresent(top -> path.add(
                0, ((ClassSource) top.getSource().orElseThrow()).getClassName().replaceFirst(".*\\.", "")));
        return String.join("/", path);
    }

    private static boolean isClass(TestIdentifier test) {
        return test.getSource().filter(ClassSource.class::isInstance).isPresent();
    }
}
