// SPDX-License-Identifier: Apache-2.0
package org.crtools.guest;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.crtools.guest.SavedTree.Way;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** What a sleep has left at the dump is what it has left at the restore. */
class SleepTest {

    /** So long that a slow machine does not add half of it. */
    private static final Duration SLEEP = Duration.ofSeconds(16);

    private static final Duration HALF = SLEEP.dividedBy(2);

    /** Between dump and restore. */
    private static final Duration AWAY = Duration.ofSeconds(3);

    /** By the workload when it tells, and by clocks that tick. */
    private static final Duration ROUNDED = Duration.ofMillis(10);

    private static final Duration LIMIT = Duration.ofSeconds(60);

    /** Or the sleeps would be over by the dump. */
    @BeforeAll
    static void warmUp() {
        SavedTree.warmUp();
    }

    /** Every kind of timed wait, dumped with half of its time over. */
    @Test
    void sleepsGoOnWithTheirRemainders() {
        try (Workload workload = Workload.of("nanosleep")
                .arguments(Long.toString(SLEEP.toSeconds()))
                .start()) {
            long ready = System.nanoTime();
            awaitTime(ready, HALF);
            SavedTree saved = SavedTree.dump(workload.pid(), workload.folder().resolve("checkpoint"), false);
            awaitTime(System.nanoTime(), AWAY);
            Duration before = Duration.ofNanos(System.nanoTime() - ready);
            workload.restoredAs(saved.restore(Way.IMAGE));
            workload.assertPasses();
            Map<String, Duration> slept = slept(workload.result());
            assertEquals(11, slept.size(), workload::result);
            slept.forEach((kind, time) -> {
                // Slept anew, it would be all of the time once more.
                assertTrue(time.compareTo(before.plus(SLEEP)) < 0, () -> kind + " took " + time);
                // The time between does not count, but for a time of the clock.
                Duration least = kind.toLowerCase(Locale.ROOT).contains("abs") ? SLEEP : SLEEP.plus(AWAY);
                assertTrue(time.compareTo(least.minus(ROUNDED)) >= 0, () -> kind + " took " + time);
            });
        }
    }

    /** How long each of the workload's threads was in its call. */
    private static Map<String, Duration> slept(String result) {
        return Pattern.compile("(?m)^([^:\\n]+): (\\d+)\\.(\\d{3}) s$")
                .matcher(result)
                .results()
                .collect(Collectors.toMap(
                        found -> found.group(1),
                        found -> Duration.ofMillis(
                                1000 * Long.parseLong(found.group(2)) + Long.parseLong(found.group(3)))));
    }

    private static void awaitTime(long from, Duration time) {
        Processes.await("the time to pass", LIMIT, () -> System.nanoTime() - from >= time.toNanos());
    }
}
