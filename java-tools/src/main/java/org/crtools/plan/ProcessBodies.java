// SPDX-License-Identifier: Apache-2.0
package org.crtools.plan;

import static org.crtools.image.Arg.imm;
import static org.crtools.image.Arg.slot;

import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.crtools.image.Arg;
import org.crtools.image.Comparison;
import org.crtools.image.ProgramBuilder;
import org.crtools.image.Syscall;
import org.crtools.image.TreeOption;
import org.crtools.model.Checkpoint;
import org.crtools.model.Descriptor;
import org.crtools.model.LiveProcess;
import org.crtools.model.OpenDescription;
import org.crtools.model.Zombie;
import org.crtools.plan.DescriptorPlan.MappingDescriptor;
import org.crtools.plan.DescriptorPlan.Share;
import org.crtools.resource.SharedObject;
import org.crtools.resource.Terminal;
import org.crtools.sys.SystemCalls;

/**
 * What each process of the tree image does, from its birth to the execution of its core image: opens what its
 * descendants share, forks those of them that must be born into its first session, makes its own, forks the others,
 * joins its group (when all are there), opens what it alone has, and puts every descriptor in its place.
 */
final class ProcessBodies {
    private static final int PR_SET_DUMPABLE = 4;
    private static final int PR_SET_NAME = 15;
    private static final int PR_SET_CHILD_SUBREAPER = 36;
    private static final int TIOCSPGRP = 0x5410;
    private static final int RLIMIT_CORE = 4;
    /** Those that end a process with a core dump (signal(7)). */
    private static final Set<Integer> DUMPING_SIGNALS = Set.of(3, 4, 5, 6, 7, 8, 11, 24, 25, 31);

    private static final int SIG_SETMASK = 2;
    private static final int SIGSET_SIZE = 8;
    private static final int P_PID = 1;
    private static final int WEXITED_NOWAIT = 0x01000004;
    private static final long LAST = 0xffffffffL;

    private final Checkpoint checkpoint;
    private final ForkTree tree;
    private final Numbers numbers;
    private final DescriptorPlan descriptors;
    private final ProgramBuilder program;
    private final Map<Node, Integer> pidSlots;
    private final Caller caller;

    /**
     * Variables that tell of who executes the tree image.
     *
     * @param group his process group; 0 in a new pid namespace, whose processes are born into it and cannot name it
     * @param terminal a descriptor, -1 when he has none
     * @param foreground 1 when he is in its foreground
     */
    record Caller(int group, int terminal, int foreground) {}

    ProcessBodies(
            Checkpoint checkpoint,
            ForkTree tree,
            Numbers numbers,
            DescriptorPlan descriptors,
            ProgramBuilder program,
            Map<Node, Integer> pidSlots,
            Caller caller) {
        this.checkpoint = checkpoint;
        this.tree = tree;
        this.numbers = numbers;
        this.descriptors = descriptors;
        this.program = program;
        this.pidSlots = pidSlots;
        this.caller = caller;
    }

    /** Adds the fork of a process and of all that it forks. */
    void fork(Node node) {
        // Zombies end with a status of their own, which the supervisor would take for a failure.
        Arg births = imm(node.zombie().isPresent() ? -1 : numbers.reportWrite());
        program.about("pids");
        program.fork(imm(node.pid()), 0, births, body -> body(node))
                .into(pidSlots.get(node))
                .warn();
    }

    private void body(Node node) {
        BodyContext context =
                new BodyContext(program, program.slot(), program.slots(2), numbers, descriptors, caller.terminal());
        program.about(node.place());
        if (node == tree.root()) {
            // So that the supervisor's end is seen as the end of the pipes that it writes to.
            program.syscall(Syscall.CLOSE, numbers.reportRead());
            for (int stage = 0; stage < Numbers.STAGES; stage++) {
                program.syscall(Syscall.CLOSE, numbers.stageWrite(stage));
            }
        }
        open(context, descriptors.beforeForks(node));
        program.about(node.place());
        if (node.adopting()) {
            program.syscall(Syscall.PRCTL, PR_SET_CHILD_SUBREAPER, 1);
        }
        node.early().forEach(this::fork);
        program.about(node.place());
        if (node.leadsSession()) {
            program.syscall(Syscall.SETSID).label(node.place() + ": session");
        } else if (node.leadsGroup()) {
            program.syscall(Syscall.SETPGID, 0, 0).label(node.place() + ": process group");
        }
        node.late().forEach(this::fork);
        program.about(node.place());
        program.stage(imm(numbers.stageRead(0))).label(node.place() + ": the word to go on");
        joinGroup(node);
        open(context, descriptors.afterForks(node));
        openMappings(context, node);
        program.about(node.place());
        program.stage(imm(numbers.stageRead(1))).label(node.place() + ": the word to go on");
        finish(context, descriptors.beforeForks(node));
        finish(context, descriptors.afterForks(node));
        program.about(node.place());
        awaitEnds(node);
        node.live().ifPresent(process -> execute(node, process));
        node.zombie().ifPresent(zombie -> end(context, zombie));
        if (node.isHelper()) {
            program.exit(0);
        }
    }

    private void open(BodyContext context, Share share) {
        for (int index : share.objects()) {
            SharedObject object = checkpoint.objects().get(index);
            program.about(object.kind() + " " + object.detail());
            object.create(context, descriptors.objectNumber(index));
        }
        for (int index : share.descriptions()) {
            OpenDescription description = checkpoint.descriptions().get(index);
            program.about(description.place() + ": " + description.resource().kind() + " "
                    + description.resource().detail());
            description.resource().open(context, description, descriptors.descriptionNumber(index));
        }
    }

    private void finish(BodyContext context, Share share) {
        for (int index : share.objects()) {
            SharedObject object = checkpoint.objects().get(index);
            program.about(object.kind() + " " + object.detail());
            object.finish(context, descriptors.objectNumber(index));
        }
    }

    private void openMappings(BodyContext context, Node node) {
        for (MappingDescriptor mapping : descriptors.mappings(node)) {
            if (!mapping.writable()) {
                SharedObject object = checkpoint.objects().get(mapping.object());
                program.about(node.place() + ": " + object.kind() + " " + object.detail());
                program.syscall(
                                Syscall.OPENAT,
                                imm(SystemCalls.AT_FDCWD),
                                program.text("/proc/self/fd/" + descriptors.objectNumber(mapping.object())),
                                imm(SystemCalls.O_RDONLY),
                                imm(0))
                        .into(context.slot());
                program.syscall(Syscall.DUP3, slot(context.slot()), imm(mapping.number()), imm(0));
                program.syscall(Syscall.CLOSE, slot(context.slot()));
            }
        }
    }

    private void joinGroup(Node node) {
        if (!node.leadsGroup() && !node.isHelper()) {
            int group = groupSlot(node.group());
            program.skipIf(
                    slot(group), Comparison.EQ, imm(0), body -> body.syscall(Syscall.SETPGID, imm(0), slot(group))
                            .label(node.place() + ": process group " + node.group()));
        }
        if (checkpoint.foregroundGroup() != 0 && node == foregroundSetter()) {
            program.skipIf(slot(caller.foreground()), Comparison.EQ, imm(0), body -> takeForeground());
        }
    }

    /** With the settings it had made. Whoever is in the background of his terminal gives neither away. */
    private void takeForeground() {
        int group = groupSlot(checkpoint.foregroundGroup());
        program.skipIf(slot(group), Comparison.EQ, imm(0), body -> body.syscall(
                        Syscall.IOCTL, slot(caller.terminal()), imm(TIOCSPGRP), Arg.slotAddress(group))
                .label("foreground of the terminal")
                .warn());
        Terminal.settings(checkpoint.descriptions()).ifPresent(settings -> program.syscall(
                        Syscall.IOCTL, slot(caller.terminal()), imm(Terminal.TCSETS), program.bytes(settings))
                .label("settings of the terminal")
                .warn());
    }

    /** Somebody in the foreground group; every signal is blocked, so that a background process may do it too. */
    private Node foregroundSetter() {
        return tree.all().stream()
                .filter(node -> node.group() == checkpoint.foregroundGroup() && !node.isHelper())
                .findFirst()
                .orElseThrow();
    }

    private int groupSlot(int group) {
        if (group == tree.outerGroup()) {
            return caller.group();
        }
        return tree.all().stream()
                .filter(node -> node.leadsGroup() && node.group() == group)
                .map(pidSlots::get)
                .findFirst()
                .orElseThrow();
    }

    /** Buries the helpers and leaves the zombies as they are. */
    private void awaitEnds(Node node) {
        for (List<Node> children : List.of(node.early(), node.late())) {
            for (Node child : children) {
                if (child.isHelper()) {
                    program.syscall(Syscall.WAIT4, slot(pidSlots.get(child)), imm(0), imm(0), imm(0));
                } else if (child.zombie().isPresent()) {
                    program.syscall(
                            Syscall.WAITID, imm(P_PID), slot(pidSlots.get(child)), imm(0), imm(WEXITED_NOWAIT), imm(0));
                }
            }
        }
        if (node.adopting()) {
            program.syscall(Syscall.PRCTL, PR_SET_CHILD_SUBREAPER, 0);
        }
    }

    private void execute(Node node, LiveProcess process) {
        TreeSet<Integer> kept = new TreeSet<>();
        kept.add(numbers.imageDirectory());
        kept.add(numbers.reportWrite());
        kept.add(numbers.stageRead(2));
        for (MappingDescriptor mapping : descriptors.mappings(node)) {
            kept.add(mapping.number());
        }
        for (Descriptor descriptor : process.descriptors()) {
            program.syscall(
                            Syscall.DUP3,
                            descriptors.descriptionNumber(descriptor.description()),
                            descriptor.number(),
                            0)
                    .label(node.place() + " fd " + descriptor.number());
            kept.add(descriptor.number());
        }
        if (node == tree.root() && process.deathSignal() != 0) {
            kept.add(numbers.orphan());
            // The supervisor of a pid namespace stays.
            program.ifOption(
                    TreeOption.DETACH,
                    body -> body.unlessOption(
                            TreeOption.NEW_PIDNS,
                            alone -> alone.syscall(Syscall.DUP3, numbers.imageDirectory(), numbers.orphan(), 0)));
        }
        long next = 0;
        for (int number : kept) {
            if (number > next) {
                program.syscall(Syscall.CLOSE_RANGE, next, number - 1, 0);
            }
            next = number + 1L;
        }
        program.syscall(Syscall.CLOSE_RANGE, next, LAST, 0);
        program.exec(imm(numbers.imageDirectory()), process.coreImage());
    }

    private void end(BodyContext context, Zombie zombie) {
        program.syscall(
                Syscall.PRCTL, imm(PR_SET_NAME), program.text(zombie.identity().name()));
        int signal = zombie.exitStatus() & 0x7f;
        if (signal != 0) {
            program.syscall(Syscall.PRLIMIT64, imm(0), imm(RLIMIT_CORE), program.longs(0, 0), imm(0));
            if (DUMPING_SIGNALS.contains(signal)) {
                // A core_pattern that is a program gets a core dump whatever the limit is (core(5)). Not for other
                // signals: newer kernels show the status of who cannot be dumped to root only.
                program.syscall(Syscall.PRCTL, PR_SET_DUMPABLE, 0);
            }
            program.syscall(Syscall.RT_SIGACTION, imm(signal), program.longs(0, 0, 0, 0), imm(0), imm(SIGSET_SIZE))
                    .mayFail();
            program.syscall(Syscall.RT_SIGPROCMASK, imm(SIG_SETMASK), program.longs(0), imm(0), imm(SIGSET_SIZE));
            program.syscall(Syscall.GETPID).into(context.slot());
            program.syscall(Syscall.KILL, slot(context.slot()), imm(signal));
        }
        program.exit(zombie.exitStatus() >>> 8 & 0xff);
    }
}
