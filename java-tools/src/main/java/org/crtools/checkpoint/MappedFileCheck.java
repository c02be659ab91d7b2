// SPDX-License-Identifier: Apache-2.0
package org.crtools.checkpoint;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.crtools.CrtoolsException;
import org.crtools.ExitCode;
import org.crtools.image.BuildId;
import org.crtools.image.Format;
import org.crtools.image.MappedFile;
import org.crtools.sys.PathBytes;

/**
 * Names a mapped file that is missing, or has another size or build id than at the dump. The kernel finds these and more
 * when it executes the image, but can only tell that there is one.
 */
final class MappedFileCheck {
    private MappedFileCheck() {}

    /**
     * Checks an image's files.
     *
     * @param name of the image, for the message
     */
    static void check(String name, List<MappedFile> files) throws CrtoolsException {
        for (MappedFile file : files) {
            if (file.hasFlag(Format.CRT_FILE_CHECK) && !file.hasFlag(Format.CRT_FILE_DELETED)) {
                // One that has no text in this locale is left to the kernel.
                Optional<Path> path = PathBytes.path(file.path());
                if (path.isPresent()) {
                    check(name, file, path.get());
                }
            }
        }
    }

    private static void check(String name, MappedFile file, Path path) throws CrtoolsException {
        try {
            long size = Files.size(path);
            if (size != file.size()) {
                throw new CrtoolsException(
                        ExitCode.CHANGED,
                        name + ": a file that it maps has changed since the dump: " + path + " (" + size
                                + " bytes, there were " + file.size() + ")");
            }
            if (!file.buildId().isEmpty() && !BuildId.of(path).equals(file.buildId())) {
                throw new CrtoolsException(
                        ExitCode.CHANGED,
                        name + ": a file that it maps has changed since the dump: " + path + " (another build id)");
            }
        } catch (NoSuchFileException missing) {
            throw new CrtoolsException(ExitCode.CHANGED, name + ": a file that it maps is missing: " + path, missing);
        } catch (IOException ignored) {
            // No right to look at it, perhaps: the kernel tells.
            return;
        }
    }
}
