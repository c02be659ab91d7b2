// SPDX-License-Identifier: Apache-2.0
package org.crtools.guest;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.locks.LockSupport;

/**
 * The crtools command, as root or as the ordinary user: in a JVM that stays ({@link ToolServer}), or in one of its own,
 * as people start it.
 */
public final class Tools {

    private static final String JAR = "/put/crtools.jar";
    private static final List<String> JAVA =
            List.of("java", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xshare:auto", "-Xmx512m");

    /**
     * For a JVM that runs one command: what is compiled for it is translated by the emulator first; and one that is killed
     * leaves no file of performance data.
     */
    private static final List<String> SHORT_LIVED = List.of("-XX:CompileThresholdScaling=10", "-XX:-UsePerfData");

    /** For a command, the start of its JVM included. */
    static final Duration LIMIT = Duration.ofSeconds(300);

    /** For a JVM to tell its threads' stacks. */
    private static final long STACKS_NS = 5_000_000_000L;

    private final boolean user;
    private final Path socket;

    private Tools(boolean user, Path socket) {
        this.user = user;
        this.socket = socket;
    }

    /** The tools of root or of the ordinary user. Their server is started when it is first needed, and stays. */
    public static Tools of(boolean user) {
        return new Tools(user, Path.of(user ? "/home/user/tools.socket" : "/root/tools.socket"));
    }

    /** Whether a process is a server, which outlives the test that started it. */
    static boolean isServer(long pid) {
        return new String(Processes.read(pid, "cmdline"), StandardCharsets.UTF_8)
                .contains("\0" + ToolServer.class.getName() + "\0");
    }

    /** Runs a command of crtools, such as {@code dump}, in the server. */
    public Command.Result run(String... arguments) {
        return run(Arrays.asList(arguments));
    }

    public Command.Result run(List<String> arguments) {
        awaitServer();
        try {
            long out = Files.size(output("out"));
            long err = Files.size(output("err"));
            int code = call(arguments);
            List<String> words = new ArrayList<>(List.of("crtools"));
            words.addAll(arguments);
            return new Command.Result(words, code, since(output("out"), out), since(output("err"), err));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The command line as people type it, {@code java -jar crtools.jar …}, with what makes a JVM start faster here. */
    public Command commandLine(String... arguments) {
        return Command.of(words(arguments)).asUser(user).within(LIMIT);
    }

    /** The words of the command line. */
    public static List<String> words(String... arguments) {
        List<String> words = new ArrayList<>(JAVA);
        words.addAll(SHORT_LIVED);
        words.addAll(List.of("-jar", JAR));
        words.addAll(Arrays.asList(arguments));
        return words;
    }

    /** A Java program of the tests, such as a server, with crtools at hand. */
    static Command java(String... arguments) {
        List<String> words = new ArrayList<>(JAVA);
        words.addAll(List.of("-cp", JAR + ":/put/classes"));
        words.addAll(Arrays.asList(arguments));
        return Command.of(words);
    }

    private SocketChannel request(List<String> arguments) throws IOException {
        StringBuilder text = new StringBuilder();
        arguments.forEach(argument -> text.append(argument).append('\0'));
        SocketChannel server = SocketChannel.open(StandardProtocolFamily.UNIX);
        try {
            server.connect(UnixDomainSocketAddress.of(socket));
            server.write(ByteBuffer.wrap(text.toString().getBytes(StandardCharsets.UTF_8)));
            server.shutdownOutput();
            server.configureBlocking(false);
            return server;
        } catch (IOException | RuntimeException failure) {
            server.close();
            throw failure;
        }
    }

    private int call(List<String> arguments) throws IOException {
        try (SocketChannel server = request(arguments)) {
            ByteBuffer answer = ByteBuffer.allocate(16);
            try {
                Processes.await("the end of crtools " + arguments, LIMIT, () -> read(server, answer) < 0);
            } catch (AssertionError stuck) {
                throw new AssertionError(stuck.getMessage() + said() + giveUpServer(), stuck);
            }
            String code = new String(answer.array(), 0, answer.position(), StandardCharsets.US_ASCII);
            if (code.isEmpty()) {
                throw new AssertionError("crtools " + arguments + " died" + said());
            }
            return Integer.parseInt(code);
        }
    }

    /** A command that does not end must not hold up those of the tests to come. Returns where its threads are. */
    private String giveUpServer() {
        StringBuilder where = new StringBuilder();
        Processes.all().keySet().stream().filter(this::isOwnServer).forEach(pid -> {
            where.append(Processes.whereabouts(pid));
            // A JVM writes its threads' stacks to its output then.
            Command.of("kill", "-QUIT", Long.toString(pid)).run();
            LockSupport.parkNanos(STACKS_NS);
            where.append(said());
            Processes.kill(List.of(pid));
        });
        return where.toString();
    }

    private boolean isOwnServer(long pid) {
        return isServer(pid)
                && new String(Processes.read(pid, "cmdline"), StandardCharsets.UTF_8).contains("\0" + socket + "\0");
    }

    private static int read(SocketChannel server, ByteBuffer answer) {
        try {
            return server.read(answer);
        } catch (IOException gone) {
            return -1;
        }
    }

    private String said() {
        try {
            return "\n" + since(output("out"), 0) + since(output("err"), 0);
        } catch (IOException e) {
            return "";
        }
    }

    private Path output(String name) {
        return socket.resolveSibling("tools." + name);
    }

    private static String since(Path file, long offset) throws IOException {
        byte[] all = Files.readAllBytes(file);
        return new String(all, (int) offset, (int) (all.length - offset), StandardCharsets.UTF_8);
    }

    /** Starts the server unless it runs. */
    private void awaitServer() {
        if (isUp()) {
            return;
        }
        startServer();
        Processes.await("the server of crtools" + said(), LIMIT, this::isUp);
    }

    private void startServer() {
        try {
            Files.deleteIfExists(socket);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        java(ToolServer.class.getName(), socket.toString()).asUser(user).start(output("out"), output("err"));
    }

    private boolean isUp() {
        if (!Files.exists(socket)) {
            return false;
        }
        try (SocketChannel server = SocketChannel.open(StandardProtocolFamily.UNIX)) {
            return server.connect(UnixDomainSocketAddress.of(socket));
        } catch (IOException notYet) {
            return false;
        }
    }
}
