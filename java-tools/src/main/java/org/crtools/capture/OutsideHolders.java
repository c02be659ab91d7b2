// SPDX-License-Identifier: Apache-2.0
package org.crtools.capture;

import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.crtools.image.ByteString;
import org.crtools.sys.FileStatus;
import org.crtools.sys.Host;
import org.crtools.sys.ProcMap;
import org.crtools.sys.SystemCallException;

/**
 * Processes outside a tree that have pipes, memory or files without a name in common with it. The tree would come back
 * with copies, and what was one thing would be two; so it is whether the tree is killed or left running. Looked for only
 * when a tree has such things: every process of the machine is asked, as far as the caller may.
 */
final class OutsideHolders {
    private static final String DELETED = " (deleted)";

    private record FileId(long device, long inode) {
        static FileId of(FileStatus status) {
            return new FileId(status.device(), status.inode());
        }
    }

    /** The first place of the tree that has it. */
    private record Thing(String place, String kind, ByteString link) {}

    private final Host host;
    private final Map<FileId, Thing> things = new HashMap<>();
    private final Set<ByteString> links = new HashSet<>();
    private boolean mappable;

    OutsideHolders(Host host) {
        this.host = host;
    }

    /**
     * Notes something that nobody else should have.
     *
     * @param link what /proc/PID/fd or a mapping shows of it
     */
    void add(String place, String kind, ByteString link, FileStatus status) {
        if (things.putIfAbsent(FileId.of(status), new Thing(place, kind, link)) == null) {
            links.add(link);
            mappable |= status.isRegular();
        }
    }

    /** It is refused for another reason. */
    void remove(FileStatus status) {
        things.remove(FileId.of(status));
    }

    /** Refuses what somebody outside has too. */
    void look(Set<Integer> tree, Refusals refusals) throws IOException {
        if (things.isEmpty()) {
            return;
        }
        for (int pid : host.proc().processes()) {
            if (tree.contains(pid)) {
                continue;
            }
            try {
                lookAtDescriptors(pid, refusals);
                if (mappable) {
                    lookAtMappings(pid, refusals);
                }
            } catch (IOException | DirectoryIteratorException goneOrForbidden) {
                continue;
            }
        }
    }

    private void lookAtDescriptors(int pid, Refusals refusals) throws IOException {
        for (int fd : host.proc().descriptors(pid)) {
            String path = "/proc/" + pid + "/fd/" + fd;
            try {
                if (mayBeOne(host.files().readLink(path))) {
                    compare(pid, path, refusals);
                }
            } catch (SystemCallException closed) {
                continue;
            }
        }
    }

    /** A descriptor is not needed to share memory. */
    private void lookAtMappings(int pid, Refusals refusals) throws IOException {
        for (ProcMap map : host.proc().maps(pid)) {
            if (map.isShared() && map.path().toString().endsWith(DELETED)) {
                try {
                    compare(pid, "/proc/" + pid + "/mfd/" + Long.toHexString(map.start()), refusals);
                } catch (SystemCallException unmapped) {
                    continue;
                }
            }
        }
    }

    /** Names are no proof, but save most of the questions. */
    private boolean mayBeOne(ByteString link) {
        return links.contains(link) || mappable && link.toString().endsWith(DELETED);
    }

    private void compare(int pid, String path, Refusals refusals) throws SystemCallException {
        Thing thing = things.get(FileId.of(host.files().status(ByteString.of(path))));
        if (thing != null) {
            refusals.add(
                    thing.place(),
                    thing.kind() + " that process " + pid + " outside the tree has too (" + thing.link() + ")");
        }
    }
}
