// SPDX-License-Identifier: Apache-2.0
package org.crtools.capture;

import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.crtools.freeze.FrozenProcess;
import org.crtools.image.ByteString;
import org.crtools.model.Credentials;
import org.crtools.model.Limit;
import org.crtools.model.ThreadSettings;
import org.crtools.sys.Errno;
import org.crtools.sys.FileStatus;
import org.crtools.sys.Host;
import org.crtools.sys.ProcStatus;
import org.crtools.sys.ProcessCalls.Common;
import org.crtools.sys.SystemCallException;

/** What a process is set to, and what of it cannot be captured; memory and descriptors apart. */
final class ProcessCapture {
    private static final int NR_LIMITS = 16;
    private static final List<String> NAMESPACES = List.of(
            "cgroup", "ipc", "mnt", "net", "pid", "pid_for_children", "time", "time_for_children", "user", "uts");

    /** Those that a thread can leave alone (setns(2), unshare(2)) while it shares its folders with the others. */
    private static final List<String> NAMESPACES_OF_THREADS =
            List.of("cgroup", "ipc", "net", "pid_for_children", "time_for_children", "uts");

    private final Host host;
    private final Refusals refusals;
    private final SharedGroups<Integer> memories;
    private final SharedGroups<Integer> descriptorTables;
    private final SharedGroups<Integer> folders;

    ProcessCapture(Host host, Refusals refusals) {
        this.host = host;
        this.refusals = refusals;
        this.memories = new SharedGroups<>(host.processes(), Common.VM);
        this.descriptorTables = new SharedGroups<>(host.processes(), Common.FILES);
        this.folders = new SharedGroups<>(host.processes(), Common.FS);
    }

    /** Notes what cannot be captured. */
    void check(FrozenProcess process) throws IOException {
        int pid = process.pid();
        String place = "pid " + pid;
        ProcStatus status = host.proc().status(pid);
        if (status.number("Seccomp") != 0) {
            refusals.add(place, "seccomp filter");
        }
        for (String namespace : NAMESPACES) {
            Optional<ByteString> theirs = namespace("/proc/" + pid + "/ns/" + namespace);
            Optional<ByteString> ours = namespace("/proc/self/ns/" + namespace);
            if (!theirs.equals(ours)) {
                refusals.add(place, namespace + " namespace of its own");
            }
        }
        checkSharing(pid, place);
        checkThreads(process, status);
        checkFolder(place, "working directory", "/proc/" + pid + "/cwd");
        checkFolder(place, "root directory", "/proc/" + pid + "/root");
    }

    /** Empty for a pid namespace that no process is in yet. */
    private Optional<ByteString> namespace(String link) throws SystemCallException {
        try {
            return Optional.of(host.files().readLink(link));
        } catch (SystemCallException failure) {
            if (failure.errno() == Errno.ENOENT) {
                return Optional.empty();
            }
            throw failure;
        }
    }

    private void checkSharing(int pid, String place) throws SystemCallException {
        int memory = memories.add(pid, 0, pid);
        if (memory != pid) {
            refusals.add(place, "memory shared with process " + memory + " (vfork or CLONE_VM)");
        }
        int table = descriptorTables.add(pid, 0, pid);
        if (table != pid) {
            refusals.add(place, "descriptor table shared with process " + table + " (CLONE_FILES)");
        }
        int folder = folders.add(pid, 0, pid);
        if (folder != pid) {
            refusals.add(place, "working directory shared with process " + folder + " (CLONE_FS)");
        }
    }

    private void checkThreads(FrozenProcess process, ProcStatus leader) throws IOException {
        int pid = process.pid();
        Credentials credentials = credentials(leader);
        Map<String, Optional<ByteString>> namespaces = new LinkedHashMap<>();
        if (process.threads().size() > 1) {
            for (String namespace : NAMESPACES_OF_THREADS) {
                namespaces.put(namespace, namespace("/proc/" + pid + "/ns/" + namespace));
            }
        }
        for (int tid : process.threads()) {
            if (tid == pid) {
                continue;
            }
            String place = "pid " + pid + " thread " + tid;
            ProcStatus status = host.proc().threadStatus(pid, tid);
            if (!credentials(status).equals(credentials)) {
                refusals.add(place, "credentials other than the main thread's");
            }
            if (status.number("Seccomp") != leader.number("Seccomp")) {
                refusals.add(place, "seccomp filter");
            }
            if (host.processes().compare(pid, tid, Common.FILES, 0, 0) != 0) {
                refusals.add(place, "descriptor table of its own");
            }
            if (host.processes().compare(pid, tid, Common.FS, 0, 0) != 0) {
                refusals.add(place, "working directory of its own");
            }
            for (Map.Entry<String, Optional<ByteString>> namespace : namespaces.entrySet()) {
                String link = "/proc/" + pid + "/task/" + tid + "/ns/" + namespace.getKey();
                if (!namespace(link).equals(namespace.getValue())) {
                    refusals.add(place, namespace.getKey() + " namespace of its own");
                }
            }
        }
    }

    private void checkFolder(String place, String what, String link) throws SystemCallException {
        FileStatus status = host.files().status(ByteString.of(link));
        ByteString path = host.files().readLink(link);
        if (status.links() == 0) {
            refusals.add(place, "deleted " + what + " (" + path + ")");
            return;
        }
        try {
            if (!host.files().status(path).isSameFile(status)) {
                refusals.add(place, what + " whose path leads elsewhere now (" + path + ")");
            }
        } catch (SystemCallException unreachable) {
            refusals.add(place, what + " that its path does not lead to (" + path + ")");
        }
    }

    Credentials credentials(ProcStatus status) {
        return new Credentials(
                status.numbers("Uid"),
                status.numbers("Gid"),
                status.numbers("Groups"),
                status.mask("CapInh"),
                status.mask("CapPrm"),
                status.mask("CapEff"),
                status.mask("CapBnd"),
                status.mask("CapAmb"));
    }

    List<Limit> limits(int pid) throws SystemCallException {
        List<Limit> limits = new ArrayList<>();
        for (int resource = 0; resource < NR_LIMITS; resource++) {
            long[] values = host.processes().limit(pid, resource);
            limits.add(new Limit(resource, values[0], values[1]));
        }
        return limits;
    }

    List<ThreadSettings> threads(FrozenProcess process) throws IOException {
        List<ThreadSettings> threads = new ArrayList<>();
        for (int tid : process.threads()) {
            threads.add(new ThreadSettings(
                    tid,
                    host.proc().threadStat(process.pid(), tid).name(),
                    host.processes().scheduling(tid),
                    host.processes().affinity(tid),
                    host.processes().ioPriority(tid)));
        }
        return threads;
    }
}
