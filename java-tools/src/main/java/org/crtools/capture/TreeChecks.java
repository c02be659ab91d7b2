// SPDX-License-Identifier: Apache-2.0
package org.crtools.capture;

import java.io.IOException;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.crtools.freeze.FrozenProcess;
import org.crtools.image.Image;
import org.crtools.image.ThreadRecord;
import org.crtools.sys.Host;
import org.crtools.sys.ProcStat;
import org.crtools.sys.SystemCallException;

/** What processes are to each other and to those around them, as far as it cannot be captured. */
final class TreeChecks {
    private static final int SIGCHLD = 17;

    private final Host host;
    private final Refusals refusals;

    TreeChecks(Host host, Refusals refusals) {
        this.host = host;
        this.refusals = refusals;
    }

    /** Device numbers of the terminals that processes of a tree are controlled by. */
    static Set<Integer> terminals(List<FrozenProcess> tree) {
        Set<Integer> terminals = new HashSet<>();
        for (FrozenProcess process : tree) {
            if (process.stat().terminal() != 0) {
                terminals.add(process.stat().terminal());
            }
        }
        return terminals;
    }

    /** Notes what cannot be captured. */
    void check(List<FrozenProcess> tree) throws IOException {
        FrozenProcess root = tree.get(0);
        String cgroup = host.proc().value(root.pid(), "cgroup");
        for (FrozenProcess process : tree) {
            ProcStat stat = process.stat();
            String place = "pid " + process.pid();
            // The parent of the root is outside.
            if (process != root && stat.exitSignal() != SIGCHLD) {
                refusals.add(place, "exit signal " + stat.exitSignal() + " in place of SIGCHLD (clone)");
            }
            if (process.isZombie()) {
                checkStatusIsTold(process.pid());
                continue;
            }
            // A restored tree is in its caller's session, whose terminal nobody else can be controlled by.
            if (stat.session() == process.pid() && stat.terminal() != 0) {
                refusals.add(place, "leader of a session with a controlling terminal; dump a process below it instead");
            }
            if (!host.proc().value(process.pid(), "cgroup").equals(cgroup)) {
                refusals.add(place, "cgroup other than that of process " + root.pid());
            }
        }
    }

    /** /proc/PID/stat gives 0 to whom it does not tell; the same permission is asked for the link of a namespace. */
    private void checkStatusIsTold(int pid) {
        try {
            host.files().readLink("/proc/" + pid + "/ns/user");
        } catch (SystemCallException forbidden) {
            refusals.add("pid " + pid, "exit status of a zombie that only root may see");
        }
    }

    /**
     * Notes parent death signals (PR_SET_PDEATHSIG) that would come at another time: the end of a parent's thread sends
     * them, but restored children are those of its main thread.
     */
    void checkDeathSignal(FrozenProcess process, FrozenProcess root, Image image) throws IOException {
        List<ThreadRecord> threads = image.threads();
        for (int i = 0; i < threads.size(); i++) {
            if (threads.get(i).state().pdeathSignal() == 0) {
                continue;
            }
            String place = "pid " + process.pid();
            if (process == root && i > 0) {
                refusals.add(place + " thread " + process.threads().get(i), "parent death signal");
            } else if (process != root && !isChildOfMainThread(process)) {
                refusals.add(place, "parent death signal from a thread of its parent, not from the main one");
            }
        }
    }

    private boolean isChildOfMainThread(FrozenProcess process) throws IOException {
        int parent = process.stat().parent();
        String children = host.proc().value(parent, "task/" + parent + "/children");
        return Arrays.asList(children.split(" ")).contains(Integer.toString(process.pid()));
    }
}
