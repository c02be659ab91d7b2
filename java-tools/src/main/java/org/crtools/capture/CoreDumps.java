// SPDX-License-Identifier: Apache-2.0
package org.crtools.capture;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.AccessDeniedException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.crtools.CrtoolsException;
import org.crtools.ExitCode;
import org.crtools.image.ImageException;
import org.crtools.image.ImageReader;
import org.crtools.sys.Errno;
import org.crtools.sys.SystemCallException;
import org.crtools.sys.SystemCalls;

/** Opens the dump files of processes. */
public final class CoreDumps implements AutoCloseable {
    private final SystemCalls calls;
    private final List<CoreDump> open = new ArrayList<>();

    public CoreDumps(SystemCalls calls) {
        this.calls = calls;
    }

    /** Whether the module is loaded, and its entries can be seen. */
    public static boolean moduleThere() {
        // By listing them: what was looked at before the entries were hidden stays in the kernel's cache of names.
        try (DirectoryStream<Path> entries = Files.newDirectoryStream(Path.of("/proc/self"), "dump")) {
            return entries.iterator().hasNext();
        } catch (IOException noProc) {
            return false;
        }
    }

    /** Whether the module is loaded. On many kernels its entries need kprobes, which can be switched off. */
    public static boolean moduleLoaded() {
        return Files.exists(Path.of("/sys/module/crtools"));
    }

    /** Fails with the reason, unless {@link #moduleThere}. */
    public static void expectModule() throws CrtoolsException {
        if (!moduleThere()) {
            throw new CrtoolsException(
                    ExitCode.NO_MODULE,
                    moduleLoaded()
                            ? "the kernel module crtools is loaded, but its entries in /proc are hidden"
                                    + " (kprobes or ftrace switched off?)"
                            : "the kernel module crtools is not loaded (modprobe crtools)");
        }
    }

    /**
     * The dump of a frozen process.
     *
     * @return empty when the kernel holds something of it for unsupported
     */
    public Optional<CoreDump> open(int pid) throws CrtoolsException, IOException {
        Path path = Path.of("/proc/" + pid + "/dump");
        FileChannel channel = null;
        try {
            channel = FileChannel.open(path, StandardOpenOption.READ);
            CoreDump dump = new CoreDump(pid, channel, ImageReader.read(channel));
            open.add(dump);
            return Optional.of(dump);
        } catch (AccessDeniedException denied) {
            throw new CrtoolsException(ExitCode.PERMISSION, "no permission to dump process " + pid, denied);
        } catch (NoSuchFileException missing) {
            expectModule();
            throw new CrtoolsException(ExitCode.NO_PROCESS, "process " + pid + " is gone", missing);
        } catch (FileSystemException failure) {
            if (isUnsupported(path)) {
                return Optional.empty();
            }
            throw failure;
        } catch (ImageException failure) {
            channel.close();
            throw new CrtoolsException(
                    ExitCode.FAILED, "the dump file of process " + pid + " is bad: " + failure.getMessage(), failure);
        }
    }

    /** The channel tells no error number, and its text is in the user's language. */
    private boolean isUnsupported(Path path) throws SystemCallException {
        try {
            calls.open(path.toString(), SystemCalls.O_RDONLY).close();
            return false;
        } catch (SystemCallException failure) {
            if (failure.errno() == Errno.EOPNOTSUPP) {
                return true;
            }
            throw failure;
        }
    }

    @Override
    public void close() throws IOException {
        for (CoreDump dump : open) {
            dump.close();
        }
    }
}
