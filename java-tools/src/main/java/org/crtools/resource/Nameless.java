// SPDX-License-Identifier: Apache-2.0
package org.crtools.resource;

import static org.crtools.image.Arg.imm;
import static org.crtools.image.Arg.slot;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.crtools.image.Arg;
import org.crtools.image.ByteString;
import org.crtools.image.Comparison;
import org.crtools.image.OpBuilder;
import org.crtools.image.ProgramBuilder;
import org.crtools.image.Syscall;
import org.crtools.sys.FileStatus;
import org.crtools.sys.SystemCallException;
import org.crtools.sys.SystemCalls;

/**
 * New files without a name. Whatever ends the restore, and whoever restores the same checkpoint meanwhile, there is no
 * name that could be left or met: a regular file is made by O_TMPFILE (open(2)), and shows in /proc as such.
 *
 * <p>A FIFO, and a regular file where the file system has no O_TMPFILE, gets a random name, which goes away at once. A
 * child does that, as the end of the restore does not end it: only who kills this child itself, before it has removed the
 * name, or does not let it remove it, leaves it behind.
 */
final class Nameless {
    private static final String PREFIX = "/.crtools-";
    /** Its text, proc_sys_kernel(5). */
    private static final String RANDOM = "/proc/sys/kernel/random/uuid";

    private static final int RANDOM_LENGTH = 36;
    private static final int CLONE_FILES = 0x400;
    private static final int NO_REPORT = -1;
    private static final int MODE = 0600;
    private static final int S_IFIFO = 0010000;

    private Nameless() {}

    /**
     * Where a file that has lost its name can come back: its folder, or the nearest one above that is still there, on
     * the same file system, and open to this user.
     */
    static ByteString home(ByteString path, FileStatus status, SystemCalls calls) throws RefusedException {
        ByteString folder = folder(path);
        boolean absolute = path.length() > 0 && path.get(0) == '/';
        while (absolute) {
            if (isHome(folder, status, calls)) {
                return folder;
            }
            absolute = folder.length() > 1;
            folder = folder(folder);
        }
        throw new RefusedException(
                "unlinked file whose folder is gone or closed, and no folder above it on the same file"
                        + " system can be written (" + path + ")");
    }

    private static boolean isHome(ByteString folder, FileStatus file, SystemCalls calls) {
        try {
            FileStatus status = calls.status(folder);
            // The files of an overlay have the devices of what it is made of.
            boolean same = status.device() == file.device() || calls.fileSystemType(folder) == FileSystems.OVERLAYFS;
            return status.isDirectory() && same && calls.maySearchAndWrite(folder);
        } catch (SystemCallException unreachable) {
            return false;
        }
    }

    /** The folder of a path. */
    private static ByteString folder(ByteString path) {
        byte[] bytes = path.toBytes();
        int slash = bytes.length - 1;
        while (slash > 0 && bytes[slash] != '/') {
            slash--;
        }
        return ByteString.of(Arrays.copyOf(bytes, Math.max(1, slash)));
    }

    /**
     * Adds the operations that make an empty file, opened for reading and writing.
     *
     * @param folder where it is made, see {@link #home}
     * @param path of the file when it had a name
     * @param linkable whether linkat(2) can give it a name
     */
    static void create(OpenContext context, ByteString folder, ByteString path, boolean linkable, int target) {
        ProgramBuilder program = context.program();
        int flags = SystemCalls.O_TMPFILE | SystemCalls.O_RDWR | (linkable ? 0 : SystemCalls.O_EXCL);
        program.syscall(Syscall.OPENAT, imm(SystemCalls.AT_FDCWD), program.text(folder), imm(flags), imm(MODE))
                .into(context.slot())
                .mayFail();
        program.skipIf(
                slot(context.slot()),
                Comparison.GE,
                imm(0),
                body -> createByName(context, folder, path, target, (child, name, file) -> {
                    int named = SystemCalls.O_CREAT | SystemCalls.O_EXCL | SystemCalls.O_NOFOLLOW | SystemCalls.O_RDWR;
                    open(child, name, named).into(file);
                }));
        program.skipIf(slot(context.slot()), Comparison.LT, imm(0), body -> Opening.moveTo(context, target));
    }

    /** The same for a FIFO. Whether it can be opened is asked when the name is gone. */
    static void createFifo(OpenContext context, ByteString folder, ByteString path, int target) {
        createByName(context, folder, path, target, (child, name, file) -> {
            child.syscall(Syscall.MKNODAT, imm(SystemCalls.AT_FDCWD), name, imm(S_IFIFO | MODE), imm(0));
            open(child, name, SystemCalls.O_RDWR | SystemCalls.O_NONBLOCK)
                    .into(file)
                    .mayFail();
        });
    }

    private static OpBuilder open(ProgramBuilder program, Arg name, int flags) {
        return program.syscall(Syscall.OPENAT, imm(SystemCalls.AT_FDCWD), name, imm(flags), imm(MODE));
    }

    /** Adds the operations that make a file by a name and put its descriptor into a slot. */
    @FunctionalInterface
    private interface Maker {
        void add(ProgramBuilder program, Arg name, int file);
    }

    private static void createByName(OpenContext context, ByteString folder, ByteString path, int target, Maker maker) {
        ProgramBuilder program = context.program();
        byte[] known = Arrays.copyOf(folder.toBytes(), folder.length() + PREFIX.length());
        byte[] prefix = PREFIX.getBytes(StandardCharsets.US_ASCII);
        System.arraycopy(prefix, 0, known, folder.length(), prefix.length);
        Arg name = program.room(ByteString.of(Arrays.copyOf(known, known.length + RANDOM_LENGTH + 1)));
        int file = program.slot();
        program.syscall(
                        Syscall.OPENAT,
                        imm(SystemCalls.AT_FDCWD),
                        program.text(RANDOM),
                        imm(SystemCalls.O_RDONLY),
                        imm(0))
                .into(file);
        program.syscall(Syscall.READ, slot(file), Arg.data((int) name.value() + known.length), imm(RANDOM_LENGTH));
        program.syscall(Syscall.CLOSE, slot(file));
        int child = program.slot();
        program.fork(imm(0), CLONE_FILES, imm(NO_REPORT), body -> {
                    maker.add(body, name, file);
                    body.syscall(Syscall.UNLINKAT, imm(SystemCalls.AT_FDCWD), name, imm(0))
                            .label(folder + PREFIX + "* is left: the name that " + path + " had for a moment");
                    body.expect(slot(file), Comparison.GE, imm(0));
                    body.syscall(Syscall.DUP3, slot(file), imm(target), imm(0));
                    body.syscall(Syscall.CLOSE, slot(file));
                    body.exit(0);
                })
                .into(child);
        Arg status = program.room(Integer.BYTES);
        program.syscall(Syscall.WAIT4, slot(child), status, imm(0), imm(0));
        program.expectSame(status, program.ints(0), Integer.BYTES)
                .label(path + " was not made anew: the process that makes it was killed");
    }
}
