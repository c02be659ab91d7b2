// SPDX-License-Identifier: Apache-2.0
package org.crtools.checkpoint;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;
import java.util.stream.Stream;
import org.crtools.CrtoolsException;
import org.crtools.ExitCode;
import org.crtools.fault.FaultPoint;
import org.crtools.fault.Faults;

/**
 * The folder of a checkpoint while it is made: it has a temporary name until all is on disk, and goes away when it is
 * closed before that.
 */
final class CheckpointFolder implements AutoCloseable {
    private static final String TEMPORARY = ".tmp-";

    private final Path target;
    private final Path temporary;
    private final Faults faults;
    private boolean renamed;
    private boolean committed;

    private CheckpointFolder(Path target, Path temporary, Faults faults) {
        this.target = target;
        this.temporary = temporary;
        this.faults = faults;
    }

    /** Refuses an existing target, and removes what a dump to the same target that was killed has left. */
    static CheckpointFolder create(Path wanted, Faults faults) throws CrtoolsException, IOException {
        Path target = wanted.toAbsolutePath().normalize();
        expectFree(target);
        Path parent = target.getParent();
        removeLeftovers(target);
        Path temporary = parent.resolve(
                target.getFileName() + TEMPORARY + ProcessHandle.current().pid());
        Files.createDirectory(
                temporary, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        return new CheckpointFolder(target, temporary, faults);
    }

    /** Refuses a target that exists or that cannot be made. */
    static void expectFree(Path wanted) throws CrtoolsException {
        Path target = wanted.toAbsolutePath().normalize();
        Path parent = target.getParent();
        if (parent == null || !Files.isDirectory(parent)) {
            throw new CrtoolsException(ExitCode.FAILED, "there is no folder " + parent);
        }
        if (!Files.isWritable(parent)) {
            throw new CrtoolsException(ExitCode.PERMISSION, "no permission to write to " + parent);
        }
        if (Files.exists(target, java.nio.file.LinkOption.NOFOLLOW_LINKS)) {
            throw new CrtoolsException(ExitCode.FAILED, target + " exists already; choose another folder with -D");
        }
    }

    private static void removeLeftovers(Path target) throws IOException {
        String prefix = target.getFileName() + TEMPORARY;
        try (DirectoryStream<Path> entries = Files.newDirectoryStream(target.getParent())) {
            for (Path entry : entries) {
                String name = entry.getFileName().toString();
                if (name.startsWith(prefix) && !isAlive(name.substring(prefix.length()))) {
                    remove(entry);
                }
            }
        }
    }

    private static boolean isAlive(String pid) {
        return pid.matches("\\d{1,9}")
                && ProcessHandle.of(Long.parseLong(pid))
                        .filter(process ->
                                process.pid() != ProcessHandle.current().pid())
                        .isPresent();
    }

    Path path() {
        return temporary;
    }

    /** A new image file, executable by its owner. */
    FileChannel createImage(String name) throws IOException {
        return FileChannel.open(
                temporary.resolve(name),
                Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.READ, StandardOpenOption.WRITE),
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
    }

    /** Brings everything to disk and gives the folder its name. */
    void commit() throws CrtoolsException, IOException {
        try (DirectoryStream<Path> entries = Files.newDirectoryStream(temporary)) {
            for (Path entry : entries) {
                sync(entry);
                faults.pass(FaultPoint.FILE_SYNCED);
            }
        }
        sync(temporary);
        expectFree(target);
        Files.move(temporary, target, StandardCopyOption.ATOMIC_MOVE);
        renamed = true;
        faults.pass(FaultPoint.FOLDER_RENAMED);
        sync(target.getParent());
        committed = true;
    }

    private static void sync(Path path) throws IOException {
        try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ)) {
            channel.force(true);
        }
    }

    private static void remove(Path folder) throws IOException {
        try (Stream<Path> tree = Files.walk(folder)) {
            for (Path path : (Iterable<Path>) tree.sorted(java.util.Comparator.reverseOrder())::iterator) {
                Files.deleteIfExists(path);
            }
        }
    }

    @Override
    public void close() throws IOException {
        if (!committed) {
            remove(renamed ? target : temporary);
        }
    }
}
