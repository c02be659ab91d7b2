// SPDX-License-Identifier: Apache-2.0
package org.crtools.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.crtools.ExitCode;
import org.crtools.checkpoint.Dumper;
import org.crtools.image.ByteString;
import org.crtools.image.Header;
import org.crtools.image.ImageBuilder;
import org.crtools.image.ImageWriter;
import org.crtools.image.ProgramBuilder;
import org.crtools.model.Json;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Names outside of ASCII where the locale is C, as in a service or a container. */
class LocaleTest {
    /** In a folder whose name this JVM perhaps cannot hold either. */
    private static final String IN_FOLDER =
            "name=$(printf 'gr\\303\\274n'); mkdir -p $name; mv checkpoint $name; cd $name; ";

    @TempDir
    private Path place;

    private record Result(int code, String said) {}

    @BeforeEach
    void makeCheckpoint() throws Exception {
        Path folder = Files.createDirectory(place.resolve("checkpoint"));
        ImageBuilder tree = new ImageBuilder(Header.tree(0, 0, 0, 7, "6.12"))
                .program(new ProgramBuilder().build())
                .model(ByteString.of(Json.write(Json.object("kernel", "6.12"))));
        try (FileChannel channel = FileChannel.open(
                folder.resolve(Dumper.TREE_IMAGE),
                StandardOpenOption.CREATE_NEW,
                StandardOpenOption.READ,
                StandardOpenOption.WRITE)) {
            ImageWriter.write(channel, tree.build());
        }
    }

    private Result shell(String script) throws Exception {
        ProcessBuilder builder =
                new ProcessBuilder("sh", "-c", script).directory(place.toFile()).redirectErrorStream(true);
        builder.environment().put("LC_ALL", "C");
        builder.environment()
                .put(
                        "CRTOOLS",
                        ProcessHandle.current().info().command().orElseThrow() + " -XX:TieredStopAtLevel=1 -cp "
                                + System.getProperty("java.class.path") + " " + Main.class.getName());
        Process process = builder.start();
        process.getOutputStream().close();
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.ISO_8859_1);
        return new Result(process.waitFor(), said);
    }

    @Test
    void relativePathsAreThoseOfTheWorkingDirectory() throws Exception {
        Result result = shell(IN_FOLDER + "$CRTOOLS show checkpoint");
        assertEquals(0, result.code(), result::said);
        assertTrue(result.said().contains("kernel 6.12"), result::said);
    }

    @Test
    void aNameThatCannotBeHeldIsToldWithTheWayOut() throws Exception {
        Result result = shell(IN_FOLDER + "$CRTOOLS show ../$name/checkpoint");
        assertEquals(ExitCode.USAGE.value(), result.code(), result::said);
        assertTrue(result.said().contains("LC_ALL=C.UTF-8"), result::said);
    }
}
