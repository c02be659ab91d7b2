// SPDX-License-Identifier: Apache-2.0
package org.crtools.guest;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The machine and the test library themselves: without these, no other test means anything. */
@Tag("kernel")
class SmokeTest {

    @Test
    void runsCommandsAsRootAndAsUser() {
        assertEquals("0\n", Command.of("id", "-u").run().ok().out());
        assertEquals("1000\n", Command.of("id", "-u").asUser().run().ok().out());
        assertEquals(3, Command.shell("exit 3").run().code());
        assertEquals(
                "0000000000000000\n",
                Command.shell("sed -n 's/^CapEff:[[:space:]]*//p' /proc/self/status")
                        .asUser()
                        .run()
                        .ok()
                        .out());
    }

    @ParameterizedTest
    @EnumSource(Workload.Variant.class)
    void stoppedAndContinuedWorkloadLooksTheSameAndPasses(Workload.Variant variant) {
        try (Workload workload =
                Workload.of("threads").variant(variant).asUser().start()) {
            workload.awaitRest();
            workload.stop();
            ProcView before = ProcView.of(workload.pid());
            workload.signal("CONT");
            workload.awaitRest();
            workload.stop();
            before.assertSame(ProcView.of(workload.pid()), List.of());
            workload.signal("CONT");
            workload.assertPasses();
        }
    }

    @Test
    void damagedWorkloadFails() {
        try (Workload workload = Workload.of("threads").with("CR_DAMAGE", "1").start()) {
            assertFalse(workload.finish().startsWith("PASS"));
        }
    }

    @Test
    void viewsTellProcessesApart() {
        try (Workload one = Workload.of("threads").start();
                Workload other = Workload.of("counter").start()) {
            assertFalse(ProcView.of(one.pid())
                    .unexplained(ProcView.of(other.pid()), List.of(ProcView.PIDS))
                    .isEmpty());
        }
    }
}
