// SPDX-License-Identifier: Apache-2.0
package org.crtools.guest;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.stream.Stream;

/** What a shell does with the module alone: an image is made by cat(1) and started as any program is. */
public final class KernelImage {

    private static final Duration LIMIT = Duration.ofSeconds(120);
    private static final String RESTORING = "anon_inode:[crtools]";

    private final Path file;
    private final byte[] commandLine;
    private final int threads;
    private final boolean user;

    private KernelImage(Path file, byte[] commandLine, int threads, boolean user) {
        this.file = file;
        this.commandLine = commandLine;
        this.threads = threads;
        this.user = user;
    }

    /** Reads the dump file of a stopped process, as root or as the ordinary user. */
    public static KernelImage dump(long pid, Path file, boolean user) {
        Command.shell("umask 077; cat /proc/" + pid + "/dump > " + file + " && chmod u+x " + file)
                .asUser(user)
                .run()
                .ok();
        return new KernelImage(
                file, Processes.read(pid, "cmdline"), Processes.threads(pid).size(), user);
    }

    public Path file() {
        return file;
    }

    /** Executes it and waits until all its threads are the program's again. */
    public long exec() {
        Path out = file.resolveSibling(file.getFileName() + ".out");
        Process process =
                Command.of(file.toString()).asUser(user).in(file.getParent()).start(out, out);
        // setpriv(1) executes the image in its own place: the pid is the image's.
        long pid = process.pid();
        Processes.await("the image to go on", LIMIT, () -> !process.isAlive() || runs(pid));
        if (!runs(pid)) {
            throw new AssertionError(file + " did not come to life, exit code "
                    + (process.isAlive() ? "none" : process.exitValue()) + "\n" + text(out));
        }
        return pid;
    }

    /** Before the exec the command line is another; until the threads go on, the module's descriptor is open. */
    private boolean runs(long pid) {
        return Arrays.equals(Processes.read(pid, "cmdline"), commandLine)
                && Processes.threads(pid).size() == threads
                && restored(pid);
    }

    private static boolean restored(long pid) {
        try (Stream<Path> descriptors = Files.list(Path.of("/proc/" + pid + "/fd"))) {
            for (Path descriptor : descriptors.toList()) {
                if (Files.readSymbolicLink(descriptor).toString().equals(RESTORING)) {
                    return false;
                }
            }
            return true;
        } catch (IOException changing) {
            return false;
        }
    }

    private static String text(Path file) {
        try {
            return Files.exists(file) ? Files.readString(file) : "";
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
