// SPDX-License-Identifier: Apache-2.0
package org.crtools.guest;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;

/**
 * A command of the guest, as root or as the ordinary user. Immutable; output goes through files, so that a process it
 * leaves behind holds nothing up.
 */
public final class Command {

    private static final Duration DEFAULT_LIMIT = Duration.ofSeconds(120);
    private static final Map<String, String> ENVIRONMENT = Map.of(
            "PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LANG", "C.UTF-8", "HOME", "/root");

    private final List<String> words;
    private final Map<String, String> environment;
    private final Path folder;
    private final boolean user;
    private final Duration limit;

    private Command(List<String> words, Map<String, String> environment, Path folder, boolean user, Duration limit) {
        this.words = List.copyOf(words);
        this.environment = new TreeMap<>(environment);
        this.folder = folder;
        this.user = user;
        this.limit = limit;
    }

    public static Command of(String... words) {
        return of(Arrays.asList(words));
    }

    public static Command of(List<String> words) {
        return new Command(words, ENVIRONMENT, Path.of("/"), false, DEFAULT_LIMIT);
    }

    /** A line for bash. */
    public static Command shell(String line) {
        return of("bash", "-c", line);
    }

    /** As {@code user}, uid 1000, with no capability. */
    public Command asUser() {
        return asUser(true);
    }

    /** As {@code user} or, if not, as root. */
    public Command asUser(boolean ordinary) {
        return new Command(words, environment, folder, ordinary, limit)
                .with("HOME", ordinary ? "/home/user" : "/root")
                .with("USER", ordinary ? "user" : "root");
    }

    /** With an environment variable. Nothing is inherited but what {@code Command} itself sets. */
    public Command with(String variable, String value) {
        Map<String, String> more = new TreeMap<>(environment);
        more.put(variable, value);
        return new Command(words, more, folder, user, limit);
    }

    /** With words before the others, such as {@code setsid}. */
    public Command prefixed(String... before) {
        List<String> more = new ArrayList<>(Arrays.asList(before));
        more.addAll(words);
        return new Command(more, environment, folder, user, limit);
    }

    /** In a working directory other than /. */
    public Command in(Path directory) {
        return new Command(words, environment, directory, user, limit);
    }

    /** With another limit of its time than two minutes. */
    public Command within(Duration time) {
        return new Command(words, environment, folder, user, time);
    }

    /**
     * What a command did.
     *
     * @param code its exit code, 128 + n for one that signal n ended
     */
    public record Result(List<String> words, int code, String out, String err) {

        /** This result, if the command succeeded. */
        public Result ok() {
            return expect(0);
        }

        /** This result, if the exit code is the expected one. */
        public Result expect(int expected) {
            if (code != expected) {
                throw new AssertionError(
                        String.join(" ", words) + "\nexit code " + code + ", expected " + expected + "\n" + out + err);
            }
            return this;
        }
    }

    /** Runs it to its end; kills it and fails when the limit strikes. */
    public Result run() {
        try {
            Path out = Files.createTempFile("command", ".out");
            Path err = Files.createTempFile("command", ".err");
            try {
                Process process = start(out, err);
                if (!process.waitFor(limit.toMillis(), TimeUnit.MILLISECONDS)) {
                    StringBuilder where = new StringBuilder(Processes.whereabouts(process.pid()));
                    process.descendants().forEach(child -> where.append(Processes.whereabouts(child.pid())));
                    process.descendants().forEach(ProcessHandle::destroyForcibly);
                    process.destroyForcibly().waitFor();
                    throw new AssertionError(String.join(" ", words) + "\nnot done after " + limit.toSeconds() + " s\n"
                            + text(out) + text(err) + where);
                }
                return new Result(words, process.exitValue(), text(out), text(err));
            } finally {
                Files.deleteIfExists(out);
                Files.deleteIfExists(err);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError("interrupted while running " + words, e);
        }
    }

    /** Starts it with its output in files and /dev/null as its input; the caller ends it. */
    public Process start(Path out, Path err) {
        List<String> line = new ArrayList<>();
        if (user) {
            line.addAll(List.of("setpriv", "--reuid=1000", "--regid=1000", "--init-groups", "--"));
        }
        line.addAll(words);
        ProcessBuilder builder = new ProcessBuilder(line)
                .directory(folder.toFile())
                .redirectInput(Path.of("/dev/null").toFile())
                .redirectOutput(ProcessBuilder.Redirect.appendTo(out.toFile()))
                .redirectError(ProcessBuilder.Redirect.appendTo(err.toFile()));
        builder.environment().clear();
        builder.environment().putAll(environment);
        try {
            return builder.start();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String text(Path file) throws IOException {
        return new String(Files.readAllBytes(file), StandardCharsets.UTF_8);
    }
}
