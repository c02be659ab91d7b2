// SPDX-License-Identifier: Apache-2.0
package org.crtools.sys;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.crtools.image.ByteString;
import org.junit.jupiter.api.Test;

class ReplacementTest {
    /** What is replaced. */
    static final class Replaced {
        private Replaced() {}

        /** @param arguments a program and its arguments */
        public static void main(String[] arguments) throws Exception {
            List<ByteString> words =
                    List.of(arguments).stream().map(ByteString::of).toList();
            throw Host.load().replacement().execute(words.get(0), words);
        }
    }

    private static Process start(String... arguments) throws Exception {
        String java = ProcessHandle.current().info().command().orElseThrow();
        List<String> words = new java.util.ArrayList<>(
                List.of(java, "-cp", System.getProperty("java.class.path"), Replaced.class.getName()));
        words.addAll(List.of(arguments));
        ProcessBuilder builder = new ProcessBuilder(words).redirectErrorStream(true);
        builder.environment().clear();
        builder.environment().put("ONE", "a = b");
        return builder.start();
    }

    private static List<String> said(Process process) throws Exception {
        return new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8)
                .lines()
                .toList();
    }

    /** What this JVM was started with, and so the other one. */
    private static String own(String line) throws Exception {
        return Files.readAllLines(Path.of("/proc/self/status")).stream()
                .filter(text -> text.startsWith(line))
                .findFirst()
                .orElseThrow();
    }

    @Test
    void nothingOfTheJvmStays() throws Exception {
        Process process = start(
                "/bin/sh",
                "-c",
                // While it waits for a command, the shell has all signals blocked now and then: it reads them itself.
                "echo $$; echo $0 $1; echo $ONE; ls /proc/$$/fd;"
                        + " while IFS= read -r line; do case $line in Sig[BI]*) echo \"$line\";; esac; done </proc/$$/status;"
                        + " ls /proc/$$/task | wc -l; read line; echo $line; exit 7",
                "zero",
                "one");
        process.getOutputStream().write("typed\n".getBytes(StandardCharsets.US_ASCII));
        process.getOutputStream().close();
        List<String> said = said(process);
        assertEquals(
                List.of(
                        Long.toString(process.pid()),
                        "zero one",
                        "a = b",
                        "0",
                        "1",
                        "2",
                        own("SigBlk"),
                        own("SigIgn"),
                        "1",
                        "typed"),
                said);
        assertEquals(7, process.waitFor());
        assertFalse(Files.exists(
                Path.of("/tmp/hsperfdata_" + System.getProperty("user.name"), Long.toString(process.pid()))));
    }

    @Test
    void aFailureIsTold() throws Exception {
        Process process = start("/nowhere");
        assertEquals(
                "Exception in thread \"main\" org.crtools.sys.SystemCallException: execve /nowhere: no such file or directory",
                said(process).get(0));
        assertEquals(1, process.waitFor());
    }
}
