// SPDX-License-Identifier: Apache-2.0
package org.crtools.guest;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;

/**
 * Root's crtools command in a JVM that is there for one command only, which may be killed in its middle. As the start of
 * a JVM costs seconds, there is one start for all: the JVM is checkpointed when it is warm, and each command is run by a
 * process that comes out of its image.
 */
public final class ShortLivedTools {

    private static final String READY = "ready";
    private static final String REQUEST = "request";

    private final Path folder;
    private final SavedTree saved;

    private ShortLivedTools(Path folder, SavedTree saved) {
        this.folder = folder;
        this.saved = saved;
    }

    /** Makes the image. A process that may be dumped serves to get warm. */
    public static ShortLivedTools prepare(long warm) {
        Path folder = RealProgram.newFolder("tools");
        Path none = Path.of("/dev/null");
        Path errors = folder.resolve("errors");
        // Without the file of performance data, which is the JVM's as long as it lives.
        Process process = Tools.java(
                        "-Xmx64m", "-XX:-UsePerfData", Server.class.getName(), folder.toString(), Long.toString(warm))
                .prefixed("setsid")
                .start(none, errors);
        Path ready = folder.resolve(READY);
        Processes.await("a warm JVM", Tools.LIMIT, () -> Files.exists(ready) || !process.isAlive());
        if (!Files.exists(ready)) {
            throw new AssertionError("no JVM for short-lived tools: " + text(errors));
        }
        return new ShortLivedTools(folder, SavedTree.dump(process.pid(), folder.resolve("jvm"), false));
    }

    /** Runs a command of crtools. Exit code 137 says that it was killed. */
    public Command.Result run(List<String> arguments) {
        Path out = folder.resolve("out");
        Path err = folder.resolve("err");
        try {
            Path request = folder.resolve(REQUEST);
            Files.writeString(request, String.join("\0", arguments));
            Command.Result result =
                    Command.of(saved.tree().toString()).within(Tools.LIMIT).run();
            Files.deleteIfExists(request);
            String said = result.out() + text(out);
            String complained = result.err() + text(err);
            Files.deleteIfExists(out);
            Files.deleteIfExists(err);
            return new Command.Result(arguments, result.code(), said, complained);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String text(Path file) {
        try {
            return Files.exists(file) ? Files.readString(file) : "";
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The JVM's side: gets warm, says so, and waits for its one command. */
    static final class Server {

        private Server() {}

        /** @param arguments a folder, and the pid of a process to be dumped */
        public static void main(String[] arguments) throws IOException, InterruptedException {
            Path folder = Path.of(arguments[0]);
            for (int i = 0; i < 2; i++) {
                org.crtools.cli.Main.run(
                        "dump",
                        arguments[1],
                        "-R",
                        "-D",
                        folder.resolve("warm-" + i).toString());
            }
            Path ready = Files.createFile(folder.resolve("starting"));
            Files.move(ready, folder.resolve(READY), StandardCopyOption.ATOMIC_MOVE);
            Path request = folder.resolve(REQUEST);
            // It is dumped in this loop; executed back, it finds the request, which was there before.
            while (!Files.exists(request)) {
                Thread.sleep(5);
            }
            System.setOut(new java.io.PrintStream(folder.resolve("out").toFile(), StandardCharsets.UTF_8));
            System.setErr(new java.io.PrintStream(folder.resolve("err").toFile(), StandardCharsets.UTF_8));
            int code = org.crtools.cli.Main.run(Files.readString(request).split("\0", -1));
            System.out.flush();
            System.err.flush();
            Runtime.getRuntime().halt(code);
        }
    }
}
