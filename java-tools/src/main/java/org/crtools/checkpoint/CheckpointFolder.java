// SPDX-License-Identifier: Apache-2.0
package org.crtools.checkpoint;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryStream;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.locks.LockSupport;
import org.crtools.CrtoolsException;
import org.crtools.ExitCode;
import org.crtools.fault.FaultPoint;
import org.crtools.fault.Faults;
import org.crtools.sys.Errno;
import org.crtools.sys.FileDescriptor;
import org.crtools.sys.Host;
import org.crtools.sys.PathBytes;
import org.crtools.sys.SystemCallException;
import org.crtools.sys.SystemCalls;

/**
 * The folder of a checkpoint while it is made: it has a temporary name until all is on disk, and goes away when it is
 * closed before that, or when a signal ends the program. A signal that comes later waits until it is closed. It is
 * locked, so that no other dump takes it for one that was left.
 */
final class CheckpointFolder implements AutoCloseable {
    private static final String TEMPORARY = ".tmp-";

    /** How often another number is tried. */
    private static final int TRIES = 1000;

    private enum State {
        IN_WORK,
        /** The program is being ended: the folder goes, whatever this dump still does. */
        GIVEN_UP,
        /** It has its name, or is about to get it. */
        NAMED
    }

    private final Path target;
    private final Path temporary;
    private final FileDescriptor held;
    private final Faults faults;
    private final Thread atExit = new Thread(this::giveUp, "end of a dump");
    private final CountDownLatch closed = new CountDownLatch(1);
    private State state = State.IN_WORK;
    private boolean renamed;
    private boolean committed;

    private CheckpointFolder(Path target, Path temporary, FileDescriptor held, Faults faults) {
        this.target = target;
        this.temporary = temporary;
        this.held = held;
        this.faults = faults;
    }

    /** Refuses an existing target, and removes what a dump to the same target that was killed has left. */
    static CheckpointFolder create(Path wanted, Host host) throws CrtoolsException, IOException {
        Path target = wanted.toAbsolutePath();
        expectFree(target);
        String prefix = target.getFileName() + TEMPORARY;
        Leftovers.remove(target.getParent(), prefix, host.files());
        long pid = ProcessHandle.current().pid();
        for (long number = pid; number < pid + TRIES; number++) {
            Path temporary = target.resolveSibling(prefix + number);
            try {
                Files.createDirectory(
                        temporary, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
            } catch (FileAlreadyExistsException taken) {
                // Somebody else's, or that of a process of another pid namespace.
                continue;
            }
            FileDescriptor held =
                    host.files().open(PathBytes.of(temporary), SystemCalls.O_RDONLY | SystemCalls.O_DIRECTORY, 0);
            if (isOurs(temporary, held, host.files())) {
                CheckpointFolder folder = new CheckpointFolder(target, temporary, held, host.faults());
                Runtime.getRuntime().addShutdownHook(folder.atExit);
                return folder;
            }
            held.close();
        }
        throw new CrtoolsException(ExitCode.FAILED, "no name for a temporary folder beside " + target + " is free");
    }

    /** Before it was locked, a dump to the same target may have taken it for one that was left. */
    private static boolean isOurs(Path folder, FileDescriptor held, SystemCalls calls) {
        try {
            calls.lock(held, folder.toString());
        } catch (SystemCallException failure) {
            if (failure.errno() == Errno.EAGAIN) {
                return false;
            }
            // A file system without locks: nobody else gets one either, and so nobody removes it.
        }
        try {
            return calls.status(PathBytes.of(folder)).isSameFile(calls.status(held));
        } catch (SystemCallException gone) {
            return false;
        }
    }

    /** Refuses a target that exists or that cannot be made. */
    static void expectFree(Path wanted) throws CrtoolsException {
        Path target = wanted.toAbsolutePath();
        if (Files.exists(target, LinkOption.NOFOLLOW_LINKS)) {
            throw new CrtoolsException(ExitCode.FAILED, target + " exists already; choose another folder with -D");
        }
        Path parent = target.getParent();
        if (parent == null || !Files.isDirectory(parent)) {
            throw new CrtoolsException(ExitCode.FAILED, "there is no folder " + parent);
        }
        if (!Files.isWritable(parent)) {
            throw new CrtoolsException(ExitCode.PERMISSION, "no permission to write to " + parent);
        }
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
        if (enter(State.NAMED) == State.GIVEN_UP) {
            awaitEnd();
        }
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

    /** The state from now on: the first one that was entered stays. */
    private synchronized State enter(State next) {
        if (state == State.IN_WORK) {
            state = next;
        }
        return state;
    }

    /** Runs when the program ends before this is closed. */
    private void giveUp() {
        try {
            if (enter(State.GIVEN_UP) == State.GIVEN_UP) {
                Leftovers.delete(temporary);
            } else {
                // The checkpoint is there, so what was wanted of the tree is done too.
                closed.await();
            }
        } catch (IOException notRemoved) {
            System.err.println("crtools: " + temporary + " could not be removed: " + notRemoved.getMessage());
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    /** The folder is gone and the program as good as ended: nothing that fails now is worth a word. */
    private static void awaitEnd() {
        while (true) {
            LockSupport.park();
        }
    }

    @Override
    public void close() throws IOException {
        try {
            if (!committed) {
                Leftovers.delete(renamed ? target : temporary);
            }
        } finally {
            held.close();
            closed.countDown();
            forgetExit();
        }
    }

    private void forgetExit() {
        try {
            Runtime.getRuntime().removeShutdownHook(atExit);
        } catch (IllegalStateException ending) {
            if (enter(State.GIVEN_UP) == State.GIVEN_UP) {
                awaitEnd();
            }
        }
    }
}
