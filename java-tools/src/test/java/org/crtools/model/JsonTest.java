// SPDX-License-Identifier: Apache-2.0
package org.crtools.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

class JsonTest {
    @Test
    void whatIsWrittenIsReadBack() {
        Object value = Json.object(
                "text",
                "a \"quoted\" \\ line\nand a\u0001control, \u00e4",
                "numbers",
                Arrays.asList(0L, -5L, Long.MAX_VALUE, null, true),
                "empty",
                List.of(),
                "nested",
                Json.object("x", Json.object()));
        assertEquals(value, Json.parse(Json.write(value)));
        assertEquals(value, Json.parse(Json.pretty(value)));
    }

    @Test
    void nothingNestsWithoutEnd() {
        assertThrows(IllegalArgumentException.class, () -> Json.parse("[".repeat(1_000_000)));
        assertThrows(IllegalArgumentException.class, () -> Json.parse("{\"a\":".repeat(1_000_000)));
        String flat = "[" + "[[]],".repeat(1000) + "{}]";
        assertEquals(flat, Json.write(Json.parse(flat)));
    }

    @Test
    void controlCharactersAreEscaped() {
        assertEquals("\"\\u001b[2J \\u009b \\u007f \u00e4\"", Json.write("\u001b[2J \u009b \u007f \u00e4"));
    }

    @Test
    void whatIsNotJsonIsAnError() {
        for (String text : List.of("", "{", "[1,", "{\"a\"}", "nul", "\"open", "1 2", "\"\\u12")) {
            assertThrows(IllegalArgumentException.class, () -> Json.parse(text), text);
        }
    }
}
