// SPDX-License-Identifier: Apache-2.0
package org.crtools.vm;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class GuestEventTest {

    @ParameterizedTest
    @ValueSource(strings = {"", "plain", "tab\there", "two\nlines\n", "back\\slash \\n \\\\t", "\r"})
    void comesBackAsItWas(String text) {
        for (GuestEvent event : new GuestEvent[] {
            new GuestEvent.Started(text),
            new GuestEvent.Finished(text, GuestEvent.Outcome.FAILED, 17, text),
            new GuestEvent.Counted(text, text, 17),
            new GuestEvent.Ended(3)
        }) {
            String line = GuestEvent.format(event);
            assertFalse(line.contains("\n"));
            assertEquals(Optional.of(event), GuestEvent.parse(line));
        }
    }

    @Test
    void leavesOtherLinesAlone() {
        assertEquals(Optional.empty(), GuestEvent.parse("hello"));
        assertThrows(IllegalArgumentException.class, () -> GuestEvent.parse(GuestEvent.MARK + "started"));
    }
}
