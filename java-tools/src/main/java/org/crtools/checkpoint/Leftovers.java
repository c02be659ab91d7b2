// SPDX-License-Identifier: Apache-2.0
package org.crtools.checkpoint;

import java.io.IOException;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.regex.Pattern;
import org.crtools.sys.FileDescriptor;
import org.crtools.sys.FileStatus;
import org.crtools.sys.PathBytes;
import org.crtools.sys.SystemCalls;

/**
 * Folders of dumps that were killed. Beside a checkpoint may stand anything, so only what crtools itself has made goes:
 * a folder of this user that holds nothing but such files. Whether its dump still runs, in another pid namespace or on
 * another machine perhaps, its lock tells (flock(2)): where there is none to be had the folder stays.
 */
final class Leftovers {
    private static final Pattern NUMBER = Pattern.compile("[0-9]{1,10}");
    private static final Pattern OWN_FILE =
            Pattern.compile("tree\\.img|core-[0-9]+\\.img|rehearsal\\.(img|data)|(file|shm|pipe|fifo)-[0-9]+\\.data");

    private static final int ATTEMPTS = 100;

    private Leftovers() {}

    /** Removes those beside a target whose names are a prefix and a number; what cannot be removed stays. */
    static void remove(Path parent, String prefix, SystemCalls calls) throws IOException {
        try (DirectoryStream<Path> entries = Files.newDirectoryStream(parent)) {
            for (Path entry : entries) {
                String name = entry.getFileName().toString();
                if (name.startsWith(prefix)
                        && NUMBER.matcher(name.substring(prefix.length())).matches()) {
                    removeIfOwn(entry, calls);
                }
            }
        }
    }

    private static void removeIfOwn(Path folder, SystemCalls calls) {
        int flags = SystemCalls.O_RDONLY | SystemCalls.O_DIRECTORY | SystemCalls.O_NOFOLLOW;
        try (FileDescriptor held = calls.open(PathBytes.of(folder), flags, 0)) {
            FileStatus status = calls.status(held);
            if (status.uid() == calls.effectiveUser() && holdsOwnFilesOnly(folder)) {
                calls.lock(held, folder.toString());
                delete(folder);
            }
        } catch (IOException leftAlone) {
            return;
        }
    }

    private static boolean holdsOwnFilesOnly(Path folder) throws IOException {
        try (DirectoryStream<Path> entries = Files.newDirectoryStream(folder)) {
            for (Path entry : entries) {
                if (!OWN_FILE.matcher(entry.getFileName().toString()).matches()
                        || !Files.isRegularFile(entry, LinkOption.NOFOLLOW_LINKS)) {
                    return false;
                }
            }
        }
        return true;
    }

    /** Removes a folder and its files, those too that somebody makes meanwhile. */
    static void delete(Path folder) throws IOException {
        for (int attempt = 1; Files.exists(folder, LinkOption.NOFOLLOW_LINKS); attempt++) {
            try (DirectoryStream<Path> entries = Files.newDirectoryStream(folder)) {
                for (Path entry : entries) {
                    Files.deleteIfExists(entry);
                }
            }
            try {
                Files.deleteIfExists(folder);
            } catch (DirectoryNotEmptyException another) {
                if (attempt == ATTEMPTS) {
                    throw another;
                }
            }
        }
    }
}
