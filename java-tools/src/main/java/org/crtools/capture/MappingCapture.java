// SPDX-License-Identifier: Apache-2.0
package org.crtools.capture;

import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.crtools.image.Base;
import org.crtools.image.ByteString;
import org.crtools.image.Format;
import org.crtools.image.Image;
import org.crtools.image.Vma;
import org.crtools.image.VmaTable;
import org.crtools.model.SharedMapping;
import org.crtools.resource.JvmStatistics;
import org.crtools.resource.MappedObjects;
import org.crtools.resource.RefusedException;
import org.crtools.sys.FileStatus;
import org.crtools.sys.Host;
import org.crtools.sys.ProcMap;

/** Mappings that cannot be captured, and those of objects that mappings and descriptors of several processes share. */
final class MappingCapture {
    /** A mapping whose object has no path. */
    private record Candidate(int pid, Vma vma, boolean anonymous, FileStatus status, ByteString link) {
        String place() {
            return "pid " + pid + " " + Long.toHexString(vma.start());
        }

        String source() {
            return "/proc/" + pid + "/mfd/" + Long.toHexString(vma.start());
        }

        SharedMapping on(int object) {
            boolean writable = vma.isShared() && vma.hasFlag(Format.CRT_VMA_MAYWRITE);
            return new SharedMapping(vma.start(), object, writable, !vma.isShared());
        }
    }

    private record FileId(long device, long inode) {}

    private final Host host;
    private final Refusals refusals;
    private final OutsideHolders outside;
    private final MappedLocks locks;
    private final Map<FileId, List<Candidate>> candidates = new LinkedHashMap<>();

    MappingCapture(Host host, Refusals refusals, OutsideHolders outside, MappedLocks locks) {
        this.host = host;
        this.refusals = refusals;
        this.outside = outside;
        this.locks = locks;
    }

    /** Notes mappings that /proc/PID/maps shows to be of an unsupported kind. */
    void check(int pid) throws IOException {
        for (ProcMap map : host.proc().maps(pid)) {
            locks.add(pid, map);
            String kind = unsupported(map);
            if (!kind.isEmpty()) {
                refusals.add("pid " + pid + " " + Long.toHexString(map.start()), kind);
            }
        }
    }

    private static String unsupported(ProcMap map) {
        String path = map.path().toString();
        if (path.startsWith("/SYSV")) {
            return "sysv_shm";
        }
        if (path.startsWith("/[aio]")) {
            return "aio";
        }
        if (path.startsWith("anon_inode:")) {
            return path.substring("anon_inode:".length()).replaceAll("[\\[\\]]", "");
        }
        if (path.startsWith("socket:")) {
            return "socket";
        }
        if (path.startsWith("/secretmem")) {
            return "secretmem";
        }
        if (path.startsWith("/anon_hugepage")) {
            return "hugetlb memory";
        }
        return "";
    }

    /** Notes the mappings of a process that no path leads to, or one that will not last. */
    void collect(int pid, Image image) throws IOException {
        VmaTable table = image.vmas().orElseThrow();
        for (Vma vma : table.vmas()) {
            boolean statistics = vma.isShared()
                    && vma.base() == Base.FILE
                    && JvmStatistics.isAt(table.files().get(vma.file()).path());
            boolean unlinked = vma.file() != Format.CRT_NO_FILE
                    && table.files().get(vma.file()).hasFlag(Format.CRT_FILE_DELETED);
            if (statistics || vma.isShared() && vma.base() == Base.SHMEM || !vma.isShared() && unlinked) {
                String link = "/proc/" + pid + "/mfd/" + Long.toHexString(vma.start());
                FileStatus status = host.files().status(ByteString.of(link));
                boolean anonymous = vma.file() == Format.CRT_NO_FILE
                        || table.files().get(vma.file()).hasFlag(Format.CRT_FILE_SHMEM);
                Candidate candidate =
                        new Candidate(pid, vma, anonymous, status, host.files().readLink(link));
                candidates
                        .computeIfAbsent(new FileId(status.device(), status.inode()), none -> new ArrayList<>())
                        .add(candidate);
                // Who reads a JVM's statistics does without.
                if (vma.isShared() && !statistics) {
                    outside.add(candidate.place(), "shared mapping", candidate.link(), status);
                }
            }
        }
    }

    /** Whether the core image of the one process that maps anonymous memory holds all of it. */
    private static boolean isCarried(List<Candidate> users) {
        Candidate first = users.get(0);
        return users.size() == 1
                && first.anonymous()
                && first.vma().offset() == 0
                && first.vma().size() == first.status().size();
    }

    /**
     * The mappings, by process, that are restored from an object of the tree image. Anonymous memory with one mapping
     * and no descriptor is not among them: its core image carries it. So it does with private mappings of files that
     * nobody can write any more.
     */
    Map<Integer, List<SharedMapping>> share(DescriptorCapture descriptors) throws IOException {
        Map<Integer, List<SharedMapping>> result = new LinkedHashMap<>();
        for (List<Candidate> users : candidates.values()) {
            Candidate first = users.get(0);
            boolean known = descriptors.knows(first.status());
            if (!known && users.stream().noneMatch(user -> user.vma().isShared()) || !known && isCarried(users)) {
                continue;
            }
            try {
                int object = MappedObjects.recognise(
                        first.place(), first.source(), first.link(), first.status(), descriptors);
                for (Candidate user : users) {
                    result.computeIfAbsent(user.pid(), none -> new ArrayList<>())
                            .add(user.on(object));
                }
            } catch (RefusedException refused) {
                refusals.add(first.place(), refused.getMessage());
            }
        }
        return result;
    }
}
