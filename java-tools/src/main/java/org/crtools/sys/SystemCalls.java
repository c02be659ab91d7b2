// SPDX-License-Identifier: Apache-2.0
package org.crtools.sys;

import java.lang.ref.Reference;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import jnr.ffi.Pointer;
import org.crtools.image.ByteString;
import org.crtools.image.Syscall;

/** The system calls on files that crtools makes, typed. Everything throws {@link SystemCallException}. */
public final class SystemCalls {
    public static final int AT_FDCWD = -100;
    public static final int O_RDONLY = 0;
    public static final int O_WRONLY = 1;
    public static final int O_RDWR = 2;
    public static final int O_ACCMODE = 3;
    public static final int O_CREAT = 0100;
    public static final int O_EXCL = 0200;
    public static final int O_NOCTTY = 0400;
    public static final int O_TRUNC = 01000;
    public static final int O_APPEND = 02000;
    public static final int O_NONBLOCK = 04000;
    public static final int O_ASYNC = 020000;
    public static final int O_DIRECT = 040000;
    public static final int O_LARGEFILE = 0100000;
    public static final int O_DIRECTORY = 0200000;
    public static final int O_NOATIME = 01000000;
    public static final int O_NOFOLLOW = 0400000;
    public static final int O_CLOEXEC = 02000000;
    public static final int O_PATH = 010000000;
    /** What O_TMPFILE has besides O_DIRECTORY. */
    public static final int TMPFILE_BIT = 020000000;

    public static final int O_TMPFILE = TMPFILE_BIT | O_DIRECTORY;

    private static final int AT_SYMLINK_NOFOLLOW = 0x100;
    private static final int AT_EMPTY_PATH = 0x1000;
    private static final int PATH_BYTES = 4096;
    private static final int BLOCK_BYTES = 512;
    private static final int R_OK = 4;
    private static final int W_OK = 2;
    private static final int X_OK = 1;
    private static final int ENTRIES_BYTES = 32768;
    private static final int SEEK_SET = 0;
    private static final int SEEK_DATA = 3;
    private static final int SEEK_HOLE = 4;
    private static final int F_SETPIPE_SZ = 1031;
    private static final int F_GETPIPE_SZ = 1032;
    private static final int F_GETOWN_EX = 16;
    private static final int F_GET_SEALS = 1034;
    private static final int FIONREAD = 0x541b;
    private static final int SPLICE_F_NONBLOCK = 2;
    private static final int LOCK_EX_NB = 6;
    private static final int SOL_SOCKET = 1;
    /** Bytes for any address of a unix socket, and the length of one that has none: its family alone. */
    private static final int ADDRESS_ROOM = 128;

    private static final int UNNAMED = 2;

    private final Kernel kernel;

    public SystemCalls(Kernel kernel) {
        this.kernel = kernel;
    }

    /** Opens a file, close-on-exec. */
    public FileDescriptor open(ByteString path, int flags, int mode) throws SystemCallException {
        Pointer name = kernel.string(path.toBytes());
        long fd = kernel.callWith(
                Syscall.OPENAT, path.toString(), name, AT_FDCWD, name.address(), flags | O_CLOEXEC, mode);
        return new FileDescriptor(this, (int) fd);
    }

    public FileDescriptor open(String path, int flags) throws SystemCallException {
        return open(ByteString.of(path), flags, 0);
    }

    void close(int fd) {
        // Nothing written through our descriptors is only found to be lost here: files are fsynced.
        kernel.raw(Syscall.CLOSE, fd);
    }

    /** Status of what a path leads to. */
    public FileStatus status(ByteString path) throws SystemCallException {
        Pointer name = kernel.string(path.toBytes());
        return status(path.toString(), AT_FDCWD, name, 0);
    }

    /** Status of what a path names, a symbolic link itself included. */
    public FileStatus linkStatus(ByteString path) throws SystemCallException {
        Pointer name = kernel.string(path.toBytes());
        return status(path.toString(), AT_FDCWD, name, AT_SYMLINK_NOFOLLOW);
    }

    public FileStatus status(FileDescriptor file) throws SystemCallException {
        return status("descriptor", file.number(), kernel.string(new byte[0]), AT_EMPTY_PATH);
    }

    private FileStatus status(String object, int directory, Pointer name, int flags) throws SystemCallException {
        Pointer stat = kernel.allocate(144);
        try {
            kernel.callWith(Syscall.NEWFSTATAT, object, stat, directory, name.address(), stat.address(), flags);
        } finally {
            Reference.reachabilityFence(name);
        }
        return new FileStatus(
                stat.getLong(0),
                stat.getLong(8),
                stat.getInt(24),
                stat.getLong(16),
                stat.getInt(28),
                stat.getInt(32),
                stat.getLong(40),
                stat.getLong(48),
                stat.getLong(64) * BLOCK_BYTES);
    }

    /** Whether this user may make files in a folder. */
    public boolean maySearchAndWrite(ByteString folder) {
        return access(folder, W_OK | X_OK) == 0;
    }

    /** Fails as opening a path with these flags would, where that is a matter of permissions. */
    public void expectOpens(ByteString path, int flags) throws SystemCallException {
        int wanted =
                switch (flags & O_ACCMODE) {
                    case O_RDONLY -> R_OK;
                    case O_WRONLY -> W_OK;
                    default -> R_OK | W_OK;
                };
        long result = access(path, wanted);
        if (result < 0) {
            throw new SystemCallException("open", path.toString(), (int) -result);
        }
    }

    private long access(ByteString path, int wanted) {
        Pointer name = kernel.string(path.toBytes());
        try {
            return kernel.raw(Syscall.FACCESSAT, AT_FDCWD, name.address(), wanted);
        } finally {
            Reference.reachabilityFence(name);
        }
    }

    /** The type of the file system that a path is on (f_type of statfs(2)). */
    public long fileSystemType(ByteString path) throws SystemCallException {
        Pointer name = kernel.string(path.toBytes());
        Pointer result = kernel.allocate(120);
        try {
            kernel.callWith(Syscall.STATFS, path.toString(), result, name.address(), result.address());
        } finally {
            Reference.reachabilityFence(name);
        }
        return result.getLong(0);
    }

    /** The target of a symbolic link, byte for byte. */
    public ByteString readLink(String path) throws SystemCallException {
        Pointer name = kernel.string(path.getBytes(StandardCharsets.UTF_8));
        Pointer target = kernel.allocate(PATH_BYTES);
        long length;
        try {
            length = kernel.callWith(
                    Syscall.READLINKAT, path, target, AT_FDCWD, name.address(), target.address(), PATH_BYTES);
        } finally {
            Reference.reachabilityFence(name);
        }
        byte[] bytes = new byte[(int) length];
        target.get(0, bytes, 0, bytes.length);
        return ByteString.of(bytes);
    }

    /** The names in a folder that belong to an inode number. */
    public List<ByteString> names(ByteString folder, long inode) throws SystemCallException {
        List<ByteString> names = new ArrayList<>();
        Pointer entries = kernel.allocate(ENTRIES_BYTES);
        try (FileDescriptor directory = open(folder, O_RDONLY | O_DIRECTORY, 0)) {
            while (true) {
                long length = kernel.callWith(
                        Syscall.GETDENTS64,
                        folder.toString(),
                        entries,
                        directory.number(),
                        entries.address(),
                        ENTRIES_BYTES);
                if (length == 0) {
                    return names;
                }
                for (int at = 0; at < length; at += entries.getShort(at + 16) & 0xffff) {
                    if (entries.getLong(at) == inode) {
                        byte[] name = new byte[(entries.getShort(at + 16) & 0xffff) - 19];
                        entries.get(at + 19L, name, 0, name.length);
                        names.add(ByteString.of(name).untilNul());
                    }
                }
            }
        }
    }

    /** Up to {@code length} bytes at an offset; fewer at the end of the file. */
    public byte[] readAt(FileDescriptor file, String object, long offset, int length) throws SystemCallException {
        Pointer memory = kernel.allocate(Math.max(length, 1));
        int done = 0;
        while (done < length) {
            long count = kernel.callWith(
                    Syscall.PREAD64,
                    object,
                    memory,
                    file.number(),
                    memory.address() + done,
                    length - done,
                    offset + done);
            if (count == 0) {
                break;
            }
            done += (int) count;
        }
        byte[] bytes = new byte[done];
        memory.get(0, bytes, 0, done);
        return bytes;
    }

    /** What one read(2) gives, at most {@code length} bytes. */
    public byte[] read(FileDescriptor file, String object, int length) throws SystemCallException {
        Pointer memory = kernel.allocate(length);
        int count = (int) kernel.callWith(Syscall.READ, object, memory, file.number(), memory.address(), length);
        byte[] bytes = new byte[count];
        memory.get(0, bytes, 0, count);
        return bytes;
    }

    public void writeAt(FileDescriptor file, String object, byte[] bytes, long offset) throws SystemCallException {
        Pointer memory = kernel.allocate(Math.max(bytes.length, 1));
        memory.put(0, bytes, 0, bytes.length);
        int done = 0;
        while (done < bytes.length) {
            done += (int) kernel.callWith(
                    Syscall.PWRITE64,
                    object,
                    memory,
                    file.number(),
                    memory.address() + done,
                    bytes.length - done,
                    offset + done);
        }
    }

    public long seek(FileDescriptor file, String object, long offset) throws SystemCallException {
        return kernel.call(Syscall.LSEEK, object, file.number(), offset, SEEK_SET);
    }

    /** Start of the next data at or behind an offset, -1 when there is none. */
    public long seekData(FileDescriptor file, String object, long offset) throws SystemCallException {
        long result = kernel.raw(Syscall.LSEEK, file.number(), offset, SEEK_DATA);
        if (result == -Errno.ENXIO.number()) {
            return -1;
        }
        if (result < 0) {
            throw new SystemCallException("lseek", object, (int) -result);
        }
        return result;
    }

    public long seekHole(FileDescriptor file, String object, long offset) throws SystemCallException {
        return kernel.call(Syscall.LSEEK, object, file.number(), offset, SEEK_HOLE);
    }

    /** Copies bytes from an offset of one file to the position of another, in the kernel. */
    public void sendFile(FileDescriptor from, long offset, FileDescriptor to, long length, String object)
            throws SystemCallException {
        Pointer position = kernel.allocate(8);
        position.putLong(0, offset);
        long left = length;
        while (left > 0) {
            long count = kernel.callWith(
                    Syscall.SENDFILE, object, position, to.number(), from.number(), position.address(), left);
            if (count == 0) {
                throw new SystemCallException("sendfile", object, Errno.EIO.number());
            }
            left -= count;
        }
    }

    public void truncate(FileDescriptor file, String object, long length) throws SystemCallException {
        kernel.call(Syscall.FTRUNCATE, object, file.number(), length);
    }

    public void sync(FileDescriptor file, String object) throws SystemCallException {
        kernel.call(Syscall.FSYNC, object, file.number());
    }

    /** Locks an open file for its description alone (flock(2)); EAGAIN when another one has the lock. */
    public void lock(FileDescriptor file, String object) throws SystemCallException {
        kernel.call(Syscall.FLOCK, object, file.number(), LOCK_EX_NB);
    }

    /** A new pipe: read end, write end. */
    public FileDescriptor[] pipe() throws SystemCallException {
        Pointer ends = kernel.allocate(8);
        kernel.callWith(Syscall.PIPE2, "", ends, ends.address(), O_CLOEXEC | O_NONBLOCK);
        return new FileDescriptor[] {new FileDescriptor(this, ends.getInt(0)), new FileDescriptor(this, ends.getInt(4))
        };
    }

    /** Capacity of a pipe in bytes. */
    public int pipeSize(FileDescriptor pipe, String object) throws SystemCallException {
        return (int) kernel.call(Syscall.FCNTL, object, pipe.number(), F_GETPIPE_SZ);
    }

    public void setPipeSize(FileDescriptor pipe, String object, int size) throws SystemCallException {
        kernel.call(Syscall.FCNTL, object, pipe.number(), F_SETPIPE_SZ, size);
    }

    /** Copies what is in a pipe into another without consuming it; the number of bytes, 0 when it is empty. */
    public long tee(FileDescriptor from, FileDescriptor to, String object, int length) throws SystemCallException {
        long result = kernel.raw(Syscall.TEE, from.number(), to.number(), length, SPLICE_F_NONBLOCK);
        if (result == -Errno.EAGAIN.number()) {
            return 0;
        }
        if (result < 0) {
            throw new SystemCallException("tee", object, (int) -result);
        }
        return result;
    }

    /** Whether there is something in a pipe, or somebody who could write to it. Consumes nothing. */
    public boolean hasWriter(FileDescriptor pipe) throws SystemCallException {
        FileDescriptor[] own = pipe();
        try {
            return kernel.raw(Syscall.TEE, pipe.number(), own[1].number(), 1, SPLICE_F_NONBLOCK) != 0;
        } finally {
            own[0].close();
            own[1].close();
        }
    }

    /** Bytes that a read from a pipe would find (FIONREAD). */
    public int available(FileDescriptor pipe, String object) throws SystemCallException {
        Pointer count = kernel.allocate(4);
        kernel.callWith(Syscall.IOCTL, object, count, pipe.number(), FIONREAD, count.address());
        return count.getInt(0);
    }

    /** A number among the options of level SOL_SOCKET (socket(7)). */
    public int socketOption(FileDescriptor socket, String object, int option) throws SystemCallException {
        Pointer memory = kernel.allocate(8);
        memory.putInt(4, 4);
        kernel.callWith(
                Syscall.GETSOCKOPT,
                object,
                memory,
                socket.number(),
                SOL_SOCKET,
                option,
                memory.address(),
                memory.address() + 4);
        return memory.getInt(0);
    }

    /** Whether a unix socket and the one that it is or was connected to both have no name. */
    public boolean isUnnamedPair(FileDescriptor socket) {
        return addressLength(Syscall.GETSOCKNAME, socket) == UNNAMED
                && addressLength(Syscall.GETPEERNAME, socket) == UNNAMED;
    }

    private int addressLength(Syscall call, FileDescriptor socket) {
        Pointer memory = kernel.allocate(ADDRESS_ROOM + 8);
        memory.putInt(ADDRESS_ROOM, ADDRESS_ROOM);
        long result = kernel.raw(call, socket.number(), memory.address(), memory.address() + ADDRESS_ROOM);
        int length = memory.getInt(ADDRESS_ROOM);
        return result < 0 ? -1 : length;
    }

    /** F_SEAL_* of a memfd; empty for a file that cannot be sealed. */
    public OptionalInt seals(FileDescriptor file) {
        long result = kernel.raw(Syscall.FCNTL, file.number(), F_GET_SEALS);
        return result < 0 ? OptionalInt.empty() : OptionalInt.of((int) result);
    }

    /** Whether fcntl(2)'s F_SETOWN named somebody who gets signals. */
    public boolean hasOwner(FileDescriptor file) {
        Pointer owner = kernel.allocate(8);
        long result = kernel.raw(Syscall.FCNTL, file.number(), F_GETOWN_EX, owner.address());
        return result == 0 && owner.getInt(4) != 0;
    }

    /** revents of poll(2) without waiting. */
    public int poll(FileDescriptor file, String object, int events) throws SystemCallException {
        Pointer entry = kernel.allocate(8);
        entry.putInt(0, file.number());
        entry.putShort(4, (short) events);
        kernel.callWith(Syscall.POLL, object, entry, entry.address(), 1, 0);
        return entry.getShort(6) & 0xffff;
    }

    /** An ioctl(2) that fills a structure; empty when it fails. */
    public byte[] ioctlRead(FileDescriptor file, long request, int size) {
        Pointer memory = kernel.allocate(size);
        long result = kernel.raw(Syscall.IOCTL, file.number(), request, memory.address());
        byte[] bytes = new byte[result < 0 ? 0 : size];
        memory.get(0, bytes, 0, bytes.length);
        return bytes;
    }

    public int effectiveUser() {
        return (int) kernel.raw(Syscall.GETEUID);
    }
}
