// SPDX-License-Identifier: Apache-2.0
package org.crtools.capture;

import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.crtools.image.ByteString;
import org.crtools.model.Descriptor;
import org.crtools.model.OpenDescription;
import org.crtools.resource.CaptureContext;
import org.crtools.resource.Fifo;
import org.crtools.resource.Kinds;
import org.crtools.resource.OpenFile;
import org.crtools.resource.Pipe;
import org.crtools.resource.RefusedException;
import org.crtools.resource.Resource;
import org.crtools.resource.SharedObject;
import org.crtools.sys.FdInfo;
import org.crtools.sys.FileDescriptor;
import org.crtools.sys.FileStatus;
import org.crtools.sys.Host;
import org.crtools.sys.ProcessCalls.Common;
import org.crtools.sys.SystemCalls;

/** The descriptors of all processes of a frozen tree, the descriptions that they share and the objects behind them. */
final class DescriptorCapture implements CaptureContext {
    private static final int POLLERR = 0x8;
    private static final int POLLHUP = 0x10;

    /** Descriptions can be one only when these agree. */
    private record Key(long device, long inode, int flags, long position) {}

    private record FileId(long device, long inode) {}

    private final Host host;
    private final boolean shellJob;
    private final Set<Integer> terminals;
    private final Refusals refusals;
    private final OutsideHolders outside;
    private final Kinds kinds = new Kinds();
    private final Map<Key, SharedGroups<Integer>> groups = new HashMap<>();
    private final List<OpenDescription> descriptions = new ArrayList<>();
    private final Map<FileId, Integer> objectNumbers = new HashMap<>();
    private final List<SharedObject> objects = new ArrayList<>();
    /** By their objects: the ends of pipes that some descriptor of the tree is on. */
    private final Map<Integer, List<OpenFile>> pipeEnds = new TreeMap<>();

    /** @param terminals that control processes of the tree */
    DescriptorCapture(Host host, boolean shellJob, Set<Integer> terminals, Refusals refusals, OutsideHolders outside) {
        this.host = host;
        this.shellJob = shellJob;
        this.terminals = terminals;
        this.refusals = refusals;
        this.outside = outside;
    }

    @Override
    public SystemCalls calls() {
        return host.files();
    }

    @Override
    public FileDescriptor duplicate(OpenFile file) throws IOException {
        try (FileDescriptor process = host.processes().openProcess(file.pid())) {
            return host.processes().duplicate(process, file.pid(), file.number());
        }
    }

    @Override
    public boolean shellJob() {
        return shellJob;
    }

    @Override
    public boolean controls(int terminal) {
        return terminals.contains(terminal);
    }

    @Override
    public int object(FileStatus identity, ObjectMaker make) throws IOException {
        FileId id = new FileId(identity.device(), identity.inode());
        Integer known = objectNumbers.get(id);
        if (known == null) {
            known = objects.size();
            objects.add(make.make(known));
            objectNumbers.put(id, known);
        }
        return known;
    }

    /** Whether some descriptor or mapping on that file was noted. */
    boolean knows(FileStatus identity) {
        return objectNumbers.containsKey(new FileId(identity.device(), identity.inode()));
    }

    List<OpenDescription> descriptions() {
        return descriptions;
    }

    List<SharedObject> objects() {
        return objects;
    }

    /** The descriptors of one process; what cannot be captured is noted as refused. */
    List<Descriptor> capture(int pid) throws IOException {
        List<Descriptor> result = new ArrayList<>();
        Set<Integer> seen = new HashSet<>();
        for (int fd : host.proc().descriptors(pid)) {
            OpenFile file = openFile(pid, fd);
            Key key = new Key(
                    file.status().device(),
                    file.status().inode(),
                    file.info().flags() & ~SystemCalls.O_CLOEXEC,
                    file.info().position());
            SharedGroups<Integer> group =
                    groups.computeIfAbsent(key, none -> new SharedGroups<>(host.processes(), Common.FILE));
            int next = descriptions.size();
            int description = group.add(pid, fd, next);
            if (description == next) {
                if (!recognise(file, key.flags())) {
                    // Keeps the numbers in step; nothing is planned when something is refused.
                    descriptions.add(null);
                }
            }
            // Asked for every process: POSIX locks are shown to be of the one that has them.
            if (seen.add(description)) {
                file.info().locks().forEach(line -> refusals.add(file.place(), Kinds.lock(line)));
            }
            result.add(new Descriptor(fd, description, file.info().closesOnExec()));
        }
        return result;
    }

    private OpenFile openFile(int pid, int fd) throws IOException {
        String path = "/proc/" + pid + "/fd/" + fd;
        FileStatus status = host.files().status(ByteString.of(path));
        FdInfo info = host.proc().descriptorInfo(pid, fd);
        ByteString link = host.files().readLink(path);
        return new OpenFile(pid, fd, link, status, info, host.files().fileSystemType(ByteString.of(path)));
    }

    private boolean recognise(OpenFile file, int flags) throws IOException {
        try {
            Resource resource = kinds.recognise(file, this);
            descriptions.add(new OpenDescription(
                    file.place(), file.number(), flags, file.info().position(), resource));
            if (resource instanceof Pipe.End || resource instanceof Fifo.End) {
                pipeEnds.computeIfAbsent(resource.object().getAsInt(), none -> new ArrayList<>())
                        .add(file);
            }
            if (resource.object().isPresent()) {
                outside.add(file.place(), resource.kind(), file.link(), file.status());
            }
            return true;
        } catch (RefusedException refused) {
            refusals.add(file.place(), refused.getMessage());
            return false;
        }
    }

    /** Refuses pipes with an end that only somebody outside the tree has. To be called when all were captured. */
    void checkPipes() throws IOException {
        for (List<OpenFile> ends : pipeEnds.values()) {
            boolean reader = ends.stream().anyMatch(end -> end.info().accessMode() != SystemCalls.O_WRONLY);
            boolean writer = ends.stream().anyMatch(end -> end.info().accessMode() != SystemCalls.O_RDONLY);
            OpenFile file = ends.get(0);
            if (!reader && !isCutOff(file, POLLERR)) {
                outside.remove(file.status());
                refusals.add(file.place(), "pipe that is read outside the tree (" + file.link() + ")");
            }
            if (!writer && !isCutOff(file, POLLHUP)) {
                outside.remove(file.status());
                refusals.add(
                        file.place(),
                        hasWriter(file)
                                ? "pipe that is written outside the tree (" + file.link() + ")"
                                : "FIFO that nobody has opened for writing yet (" + file.link() + ")");
            }
        }
    }

    /** A FIFO opened by O_NONBLOCK may have had no writer so far, which poll(2) does not tell from one that has one. */
    private boolean hasWriter(OpenFile file) throws IOException {
        try (FileDescriptor end = duplicate(file)) {
            return host.files().hasWriter(end);
        }
    }

    /** Only a descriptor that is no new end itself tells of the other ones: POLLERR without readers, POLLHUP without writers. */
    private boolean isCutOff(OpenFile file, int event) throws IOException {
        try (FileDescriptor end = duplicate(file)) {
            return (host.files().poll(end, file.place(), 0) & event) != 0;
        }
    }
}
