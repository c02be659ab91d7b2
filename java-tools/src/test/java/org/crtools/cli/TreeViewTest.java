// SPDX-License-Identifier: Apache-2.0
package org.crtools.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.List;
import org.crtools.CrtoolsException;
import org.crtools.ExitCode;
import org.crtools.checkpoint.Checkpoints;
import org.crtools.model.Json;
import org.junit.jupiter.api.Test;

/** Of checkpoints that nobody has checked. */
class TreeViewTest {
    private static String shown(String json) {
        StringWriter text = new StringWriter();
        PrintWriter out = new PrintWriter(text);
        new TreeView(out).print(Checkpoints.map(Json.parse(json)));
        out.flush();
        return text.toString();
    }

    private static List<String> processes(String json) {
        return shown("{\"processes\": [" + json + "]}").lines().skip(2).toList();
    }

    private static String process(long pid, long parent) {
        return "{\"pid\": " + pid + ", \"parent\": " + parent + ", \"name\": \"p\", \"session\": 1, \"group\": 1}";
    }

    @Test
    void childrenStandBelowTheirParents() {
        assertEquals(
                List.of(
                        "1 p, 0 threads  session 1, group 1",
                        "  2 p, 0 threads  session 1, group 1",
                        "    4 p, 0 threads  session 1, group 1",
                        "  3 p, 0 threads  session 1, group 1"),
                processes(String.join(",", process(1, 0), process(2, 1), process(3, 1), process(4, 2))));
    }

    @Test
    void nobodyIsShownBelowHimself() {
        assertEquals(1, processes(process(0, 0)).size());
        assertEquals(2, processes(process(7, 0) + "," + process(0, 7)).size());
    }

    @Test
    void aLongLineOfDescentHasAnEnd() {
        StringBuilder all = new StringBuilder(process(1, 0));
        for (int pid = 2; pid <= 20000; pid++) {
            all.append(',').append(process(pid, pid - 1));
        }
        assertEquals(20000, processes(all.toString()).size());
    }

    @Test
    void nothingReachesTheTerminalButText() {
        String text =
                shown("{\"kernel\": \"\\u001b]0;x\\u0007\", \"processes\": [{\"pid\": \"\\u009b2J\", \"parent\": 0,"
                        + " \"name\": \"a\\r\\nb\\u202e\", \"image\": \"core-1.img\", \"exe\": \"\\u001bc\", \"cwd\": \"\\\\n\","
                        + " \"descriptors\": [{\"fd\": 1, \"detail\": \"\\u0008\"}]}]}");
        assertTrue(text.codePoints().allMatch(c -> c == '\n' || !Character.isISOControl(c) && c != 0x202e), () -> text);
        assertTrue(text.contains("\\u001b]0;x\\u0007"), text);
        // What was escaped when it was written stays as it is.
        assertTrue(text.contains(", in \\n"), text);
    }

    @Test
    void nothingInAListIsNoProcess() {
        shown("{\"processes\": [null, 5, {\"image\": \"core-1.img\", \"descriptors\": [null], \"threads\": [null]}]}");
    }

    @Test
    void namesOfCoreImagesLeadNowhereElse() {
        for (String name : List.of("../core-1.img", "/etc/shadow", "core-1.img\\u0000", "core-.img")) {
            CrtoolsException bad = assertThrows(
                    CrtoolsException.class,
                    () -> Checkpoints.coreImages(
                            Checkpoints.map(Json.parse("{\"processes\": [{\"image\": \"" + name + "\"}]}"))));
            assertEquals(ExitCode.CORRUPT, bad.exitCode());
        }
    }
}
