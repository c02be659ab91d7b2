// SPDX-License-Identifier: Apache-2.0
package org.crtools.capture;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.crtools.CrtoolsException;
import org.crtools.ExitCode;
import org.crtools.freeze.FrozenProcess;
import org.crtools.image.Image;
import org.crtools.model.Checkpoint;
import org.crtools.model.Descriptor;
import org.crtools.model.Identity;
import org.crtools.model.LiveProcess;
import org.crtools.model.SharedMapping;
import org.crtools.model.TreeProcess;
import org.crtools.model.Zombie;
import org.crtools.sys.Host;
import org.crtools.sys.ProcStat;
import org.crtools.sys.ProcStatus;

/** Reads a frozen tree into the model. Writes nothing. */
public final class TreeCapture {
    private final Host host;
    private final boolean shellJob;
    private final Refusals refusals = new Refusals();

    public TreeCapture(Host host, boolean shellJob) {
        this.host = host;
        this.shellJob = shellJob;
    }

    /** Everything that was found to be unsupported; when there is something, the model is of no use. */
    public Refusals refusals() {
        return refusals;
    }

    /** Gives the core image of a process. */
    @FunctionalInterface
    public interface Cores {
        /** Empty when the kernel holds something of the process for unsupported. */
        Optional<Image> core(int pid) throws CrtoolsException, IOException;
    }

    /**
     * Does the same on a process that runs: what is loaded and compiled then does not have to be while a tree is frozen.
     *
     * @return a model of that process alone, of no other use; empty when there is none
     */
    public static Optional<Checkpoint> rehearse(Host host, boolean shellJob, int pid) {
        try {
            FrozenProcess process =
                    new FrozenProcess(host.proc().stat(pid), host.proc().threads(pid), false);
            TreeCapture capture = new TreeCapture(host, shellJob);
            Checkpoint model = capture.model(List.of(process));
            return capture.refusals.isEmpty() ? Optional.of(model) : Optional.empty();
        } catch (CrtoolsException | IOException | RuntimeException ignored) {
            // It runs, so anything may be gone by now. The capture proper will tell.
            return Optional.empty();
        }
    }

    /** The model without what core images tell. */
    public Checkpoint model(List<FrozenProcess> tree) throws CrtoolsException, IOException {
        return capture(tree, pid -> Optional.empty(), false);
    }

    /** The model; what cannot be captured is in {@link #refusals}. */
    public Checkpoint capture(List<FrozenProcess> tree, Cores cores) throws CrtoolsException, IOException {
        return capture(tree, cores, true);
    }

    private Checkpoint capture(List<FrozenProcess> tree, Cores cores, boolean coresWanted)
            throws CrtoolsException, IOException {
        ProcessCapture processes = new ProcessCapture(host, refusals);
        TreeChecks checks = new TreeChecks(host, refusals);
        OutsideHolders outside = new OutsideHolders(host);
        MappedLocks locks = new MappedLocks(host);
        DescriptorCapture descriptors =
                new DescriptorCapture(host, shellJob, TreeChecks.terminals(tree), refusals, outside);
        MappingCapture mappings = new MappingCapture(host, refusals, outside, locks);
        Map<Integer, List<Descriptor>> descriptorsOf = new HashMap<>();
        Map<Integer, Image> images = new HashMap<>();
        FrozenProcess root = tree.get(0);
        if (root.stat().session() != root.pid() && !shellJob) {
            refusals.add("pid " + root.pid(), "session of a process outside the tree, --shell-job lets it pass");
        }
        checks.check(tree);
        for (FrozenProcess process : tree) {
            if (process.isZombie()) {
                continue;
            }
            processes.check(process);
            mappings.check(process.pid());
            descriptorsOf.put(process.pid(), descriptors.capture(process.pid()));
            Optional<Image> image = cores.core(process.pid());
            if (image.isPresent()) {
                images.put(process.pid(), image.get());
                mappings.collect(process.pid(), image.get());
                checks.checkDeathSignal(process, root, image.get());
            } else if (coresWanted) {
                new DumpRefusal(host, refusals).explain(process);
            }
        }
        Map<Integer, List<SharedMapping>> shared = mappings.share(descriptors);
        descriptors.checkPipes();
        Set<Integer> pids = tree.stream().map(FrozenProcess::pid).collect(Collectors.toSet());
        locks.check(pids, refusals);
        // At a rehearsal the rest of the tree counts as outside: it is only to be warm.
        outside.look(pids, coresWanted ? refusals : new Refusals());
        List<TreeProcess> result = new ArrayList<>();
        for (FrozenProcess process : tree) {
            Identity identity = identity(process.stat(), root);
            result.add(
                    process.isZombie()
                            ? new Zombie(identity, process.stat().exitStatus())
                            : live(
                                    processes,
                                    process,
                                    identity,
                                    descriptorsOf.get(process.pid()),
                                    shared.getOrDefault(process.pid(), List.of()),
                                    Optional.ofNullable(images.get(process.pid()))));
        }
        return new Checkpoint(
                java.time.Instant.now().getEpochSecond() * 1_000_000_000L,
                Files.readString(Path.of("/proc/sys/kernel/osrelease")).trim(),
                shellJob,
                foregroundGroup(tree),
                result,
                refusals.isEmpty() ? descriptors.descriptions() : List.of(),
                descriptors.objects());
    }

    private static Identity identity(ProcStat stat, FrozenProcess root) {
        int parent = stat.pid() == root.pid() ? 0 : stat.parent();
        return new Identity(stat.pid(), parent, stat.processGroup(), stat.session(), stat.name());
    }

    private LiveProcess live(
            ProcessCapture capture,
            FrozenProcess process,
            Identity identity,
            List<Descriptor> descriptors,
            List<SharedMapping> shared,
            Optional<Image> image)
            throws IOException {
        int pid = process.pid();
        ProcStatus status = host.proc().status(pid);
        return new LiveProcess(
                identity,
                host.files().readLink("/proc/" + pid + "/exe"),
                host.files().readLink("/proc/" + pid + "/cwd"),
                host.files().readLink("/proc/" + pid + "/root"),
                status.octal("Umask"),
                Integer.parseInt(host.proc().value(pid, "oom_score_adj")),
                host.proc().value(pid, "coredump_filter"),
                capture.credentials(status),
                image.map(core -> core.threads().get(0).state().securebits()).orElse(0),
                image.map(core -> core.threads().get(0).state().pdeathSignal()).orElse(0),
                capture.limits(pid),
                capture.threads(process),
                descriptors,
                shared,
                "core-" + pid + ".img");
    }

    /** The group of the tree that is in the foreground of its terminal, 0 for none. */
    private static int foregroundGroup(List<FrozenProcess> tree) {
        Set<Integer> groups = new HashSet<>();
        for (FrozenProcess process : tree) {
            groups.add(process.stat().processGroup());
        }
        ProcStat root = tree.get(0).stat();
        return root.terminal() != 0 && groups.contains(root.foregroundGroup()) ? root.foregroundGroup() : 0;
    }

    /** The failure that tells all refusals. */
    public CrtoolsException refusal() {
        StringBuilder text = new StringBuilder();
        for (var refusal : refusals.list()) {
            text.append(text.isEmpty() ? "" : "\n").append(refusal);
        }
        return new CrtoolsException(ExitCode.UNSUPPORTED, text.toString());
    }
}
