// SPDX-License-Identifier: Apache-2.0
package org.crtools.resource;

import java.io.IOException;
import java.util.List;
import java.util.Optional;
import org.crtools.sys.FileDescriptor;
import org.crtools.sys.SystemCalls;

/** All kinds of resources, asked in order. */
public final class Kinds {
    private final List<ResourceKind> kinds = List.of(
            PathOnly::recognise,
            Pipe::recognise,
            Fifo::recognise,
            ClosedSocket::recognise,
            MemoryFile::recognise,
            AnonymousMemory::recognise,
            UnlinkedFile::recognise,
            RegularFile::recognise,
            Directory::recognise,
            Device::recognise,
            Terminal::recognise);

    /** What a descriptor is on, or why it cannot be captured. */
    public Resource recognise(OpenFile file, CaptureContext context) throws IOException, RefusedException {
        if (file.hasFlag(SystemCalls.O_ASYNC)) {
            throw new RefusedException("asynchronous notification (O_ASYNC)");
        }
        for (ResourceKind kind : kinds) {
            Optional<Resource> resource = kind.recognise(file, context);
            if (resource.isPresent()) {
                if (signalsItsOwner(resource.get(), file, context)) {
                    throw new RefusedException(
                            resource.get() instanceof Directory
                                    ? "directory whose changes are told by signals (F_NOTIFY)"
                                    : "owner that gets signals (F_SETOWN)");
                }
                return resource.get();
            }
        }
        throw new RefusedException(unsupported(file));
    }

    /** Of the kinds that send SIGIO, folders by F_NOTIFY; on others F_SETOWN means nothing. */
    private static boolean signalsItsOwner(Resource resource, OpenFile file, CaptureContext context)
            throws IOException {
        boolean capable = resource instanceof Pipe.End
                || resource instanceof Fifo.End
                || resource instanceof Terminal
                || resource instanceof Directory;
        if (!capable) {
            return false;
        }
        try (FileDescriptor copy = context.duplicate(file)) {
            return context.calls().hasOwner(copy);
        }
    }

    /** What kind of lock a line of fdinfo tells, such as "1: FLOCK  ADVISORY  WRITE 812 08:01:4711 0 EOF". */
    public static String lock(String line) {
        String[] words = line.split("\\s+");
        String type = words.length > 1 ? words[1] : line;
        return switch (type) {
            case "LEASE", "DELEG" -> "lease";
            case "FLOCK" -> "file lock (flock)";
            case "OFDLCK" -> "file lock (open file description)";
            default -> "file lock (POSIX)";
        };
    }

    private static String unsupported(OpenFile file) {
        String link = file.link().toString();
        if (link.startsWith("anon_inode:")) {
            String name = link.substring("anon_inode:".length()).replaceAll("[\\[\\]]", "");
            return name.equals("eventpoll") ? "epoll" : name;
        }
        if (file.status().isSocket()) {
            return "socket";
        }
        if (link.startsWith("pidfd:")) {
            return "pidfd";
        }
        if (file.status().isCharacterDevice() || file.status().isBlockDevice()) {
            return (file.status().isBlockDevice() ? "block device " : "device ") + link;
        }
        return "unknown kind of file (" + link + ")";
    }
}
