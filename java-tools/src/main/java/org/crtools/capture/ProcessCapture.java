// SPDX-License-Identifier: Apache-2.0
package org.crtools.capture;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.crtools.freeze.FrozenProcess;
import org.crtools.image.ByteString;
import org.crtools.model.Credentials;
import org.crtools.model.Limit;
import org.crtools.model.ThreadSettings;
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
            ByteString theirs = host.files().readLink("/proc/" + pid + "/ns/" + namespace);
            ByteString ours = host.files().readLink("/proc/self/ns/" + namespace);
            if (!theirs.equals(ours)) {
                refusals.add(place, namespace + " namespace of its own");
            }
        }
        checkSharing(pid, place);
        checkThreads(process, status);
        checkFolder(place, "working directory", "/proc/" + pid + "/cwd");
        checkFolder(place, "root directory", "/proc/" + pid + "/root");
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
