// SPDX-License-Identifier: Apache-2.0
package org.crtools.capture;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.AccessDeniedException;
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

/** Opens the dump files of processes. */
public final class CoreDumps implements AutoCloseable {
    /** strerror(3) of EOPNOTSUPP: the channel tells no number. */
    private static final String NOT_SUPPORTED = "not supported";

    private final List<CoreDump> open = new ArrayList<>();

    /** Whether the module is loaded. */
    public static boolean moduleThere() {
        return Files.exists(Path.of("/proc/self/dump"));
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
            throw moduleThere()
                    ? new CrtoolsException(ExitCode.NO_PROCESS, "process " + pid + " is gone", missing)
                    : new CrtoolsException(ExitCode.NO_MODULE, "the kernel module crtools is not loaded", missing);
        } catch (FileSystemException failure) {
            if (String.valueOf(failure.getReason()).contains(NOT_SUPPORTED)) {
                return Optional.empty();
            }
            throw failure;
        } catch (ImageException failure) {
            channel.close();
            throw new CrtoolsException(
                    ExitCode.FAILED, "the dump file of process " + pid + " is bad: " + failure.getMessage(), failure);
        }
    }

    @Override
    public void close() throws IOException {
        for (CoreDump dump : open) {
            dump.close();
        }
    }
}
