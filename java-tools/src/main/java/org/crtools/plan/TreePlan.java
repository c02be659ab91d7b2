// SPDX-License-Identifier: Apache-2.0
package org.crtools.plan;

import static org.crtools.image.Arg.imm;
import static org.crtools.image.Arg.slot;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.crtools.CrtoolsException;
import org.crtools.ExitCode;
import org.crtools.image.Arg;
import org.crtools.image.ByteString;
import org.crtools.image.Comparison;
import org.crtools.image.ProgramBuilder;
import org.crtools.image.Syscall;
import org.crtools.image.TreeOption;
import org.crtools.model.Checkpoint;
import org.crtools.resource.Terminal;
import org.crtools.sys.SystemCalls;

/**
 * Compiles a checkpoint into the program of its tree image and those of its core images. The process that executes the
 * tree image becomes the supervisor; in a new pid namespace its child does, as process 1.
 */
public final class TreePlan {
    private static final int RLIMIT_NOFILE = 7;
    private static final int F_GETFD = 1;
    private static final int CLONE_NEWNS = 0x00020000;
    private static final int CLONE_NEWUSER = 0x10000000;
    private static final int CLONE_NEWPID = 0x20000000;
    private static final int MS_REC_PRIVATE = 0x44000;
    private static final int PR_SET_PDEATHSIG = 1;
    private static final int TIOCGPGRP = 0x540f;
    private static final int SIGKILL = 9;
    private static final long LAST = 0xffffffffL;

    private final Checkpoint checkpoint;
    private final ForkTree tree;
    private final Numbers numbers;
    private final DescriptorPlan descriptors;
    private final ProgramBuilder program = new ProgramBuilder();
    private final int scratch = program.slot();
    private final int terminal = program.slot();
    private final int outerGroup = program.slot();
    private final int foreground = program.slot();
    private final Map<Node, Integer> pidSlots = new HashMap<>();

    private TreePlan(Checkpoint checkpoint) throws CrtoolsException {
        this.checkpoint = checkpoint;
        tree = ForkTree.of(checkpoint.processes());
        numbers = Numbers.of(checkpoint);
        descriptors = new DescriptorPlan(checkpoint, tree.root(), numbers);
    }

    /** The programs for a checkpoint. */
    public static TreePrograms plan(Checkpoint checkpoint) throws CrtoolsException {
        TreePlan plan = new TreePlan(checkpoint);
        plan.supervisor();
        Map<Integer, TreePrograms.Core> cores = new TreeMap<>();
        for (Node node : plan.tree.all()) {
            node.live()
                    .ifPresent(process -> cores.put(
                            process.pid(),
                            new TreePrograms.Core(
                                    CorePlan.plan(process, plan.descriptors.mappings(node), plan.numbers),
                                    plan.descriptors.mappingNumbers(node))));
        }
        return new TreePrograms(plan.program.build(), cores);
    }

    private void supervisor() {
        program.about("standard descriptors");
        for (int fd = 0; fd < Numbers.FIRST_FREE; fd++) {
            program.syscall(Syscall.FCNTL, fd, F_GETFD).into(scratch).mayFail();
            program.skipIf(
                    slot(scratch),
                    Comparison.GE,
                    imm(0),
                    body -> body.syscall(
                            Syscall.OPENAT,
                            imm(SystemCalls.AT_FDCWD),
                            body.text("/dev/null"),
                            imm(SystemCalls.O_RDWR),
                            imm(0)));
        }
        program.syscall(Syscall.CLOSE_RANGE, Numbers.FIRST_FREE, LAST, 0);
        raiseDescriptorLimit();
        program.about("folder of the image");
        program.imageDir().into(scratch);
        program.syscall(Syscall.DUP3, slot(scratch), imm(numbers.imageDirectory()), imm(SystemCalls.O_CLOEXEC));
        program.syscall(Syscall.CLOSE, slot(scratch));
        callerDescriptors();
        program.about("pid namespace");
        int flags = program.slot();
        int inner = program.slot();
        program.ifOption(TreeOption.NEW_PIDNS, body -> {
            pipe(numbers.upstreamRead(), numbers.upstreamWrite());
            // Who is not root may make a pid namespace only in a user namespace of his own.
            body.set(flags, imm(CLONE_NEWPID | CLONE_NEWNS));
            body.syscall(Syscall.GETEUID).into(scratch);
            body.skipIf(
                    slot(scratch),
                    Comparison.EQ,
                    imm(0),
                    user -> user.set(flags, imm(CLONE_NEWPID | CLONE_NEWNS | CLONE_NEWUSER)));
        });
        program.forkIfOption(TreeOption.NEW_PIDNS, slot(flags), imm(numbers.upstreamWrite()), body -> innerSupervisor())
                .into(inner);
        program.supervise(imm(numbers.upstreamRead()), List.of(new ProgramBuilder.Stage(-1, 1)), slot(inner), true);
    }

    private void innerSupervisor() {
        program.ifOption(TreeOption.NEW_PIDNS, body -> {
            body.unlessOption(
                    TreeOption.DETACH, attached -> attached.syscall(Syscall.PRCTL, PR_SET_PDEATHSIG, SIGKILL));
            body.syscall(Syscall.GETEUID).into(scratch);
            body.skipIf(slot(scratch), Comparison.EQ, imm(0), CredentialsPlan::keepOverExecution);
            body.about("/proc of the new pid namespace");
            body.syscall(Syscall.MOUNT, body.text("none"), body.text("/"), imm(0), imm(MS_REC_PRIVATE), imm(0))
                    .warn();
            body.syscall(Syscall.MOUNT, body.text("proc"), body.text("/proc"), body.text("proc"), imm(0), imm(0))
                    .warn();
        });
        program.about("pipes of the supervisor");
        pipe(numbers.reportRead(), numbers.reportWrite());
        for (int stage = 0; stage < Numbers.STAGES; stage++) {
            pipe(numbers.stageRead(stage), numbers.stageWrite(stage));
        }
        program.syscall(Syscall.GETPGID, 0).into(outerGroup);
        for (Node node : tree.all()) {
            pidSlots.put(node, program.slot());
        }
        ProcessBodies.Caller caller = new ProcessBodies.Caller(outerGroup, terminal, foreground);
        new ProcessBodies(checkpoint, tree, numbers, descriptors, program, pidSlots, caller).fork(tree.root());
        program.about("supervisor");
        Arg root = slot(pidSlots.get(tree.root()));
        program.ifOption(
                TreeOption.NEW_PIDNS,
                body -> body.supervise(imm(numbers.reportRead()), stages(), root, true, imm(numbers.upstreamWrite())));
        program.supervise(imm(numbers.reportRead()), stages(), root, true);
    }

    private List<ProgramBuilder.Stage> stages() {
        int all = tree.all().size();
        int live = checkpoint.live().size();
        List<ProgramBuilder.Stage> stages = new ArrayList<>();
        stages.add(new ProgramBuilder.Stage(numbers.stageWrite(0), all));
        stages.add(new ProgramBuilder.Stage(numbers.stageWrite(1), all));
        stages.add(new ProgramBuilder.Stage(numbers.stageWrite(2), live));
        return stages;
    }

    private void raiseDescriptorLimit() {
        int limit = program.slots(2);
        program.about("limit of descriptors");
        program.syscall(Syscall.PRLIMIT64, imm(0), imm(RLIMIT_NOFILE), imm(0), Arg.slotAddress(limit));
        program.set(limit, slot(limit + 1));
        program.syscall(Syscall.PRLIMIT64, imm(0), imm(RLIMIT_NOFILE), Arg.slotAddress(limit), imm(0))
                .mayFail();
    }

    /** Keeps what the caller has as standard descriptors, and finds his terminal. */
    private void callerDescriptors() {
        if (!checkpoint.shellJob()) {
            return;
        }
        program.about("terminal of the caller").failingWith(ExitCode.FAILED.value());
        program.set(terminal, imm(-1));
        Arg settings = program.room(Terminal.SETTINGS_SIZE);
        for (int fd = Numbers.FIRST_FREE - 1; fd >= 0; fd--) {
            int kept = numbers.callerDescriptors() + fd;
            program.syscall(Syscall.DUP3, fd, kept, 0);
            program.syscall(Syscall.IOCTL, imm(fd), imm(Terminal.TCGETS), settings)
                    .into(scratch)
                    .mayFail();
            program.skipIf(slot(scratch), Comparison.LT, imm(0), body -> body.set(terminal, imm(kept)));
        }
        program.skipIf(slot(terminal), Comparison.GE, imm(0), body -> {
            body.syscall(
                            Syscall.OPENAT,
                            imm(SystemCalls.AT_FDCWD),
                            body.text(ByteString.of("/dev/tty")),
                            imm(SystemCalls.O_RDWR),
                            imm(0))
                    .into(scratch)
                    .mayFail();
            body.skipIf(slot(scratch), Comparison.LT, imm(0), found -> {
                found.syscall(Syscall.DUP3, slot(scratch), imm(numbers.terminal()), imm(0));
                found.syscall(Syscall.CLOSE, slot(scratch));
                found.set(terminal, imm(numbers.terminal()));
            });
        });
        if (checkpoint.foregroundGroup() != 0) {
            findForeground();
        }
    }

    /** Before there may be a new pid namespace, where every group of the outside has the number 0. */
    private void findForeground() {
        program.skipIf(slot(terminal), Comparison.LT, imm(0), body -> {
            int current = body.slot();
            body.syscall(Syscall.IOCTL, slot(terminal), imm(TIOCGPGRP), Arg.slotAddress(current))
                    .label("foreground of the terminal")
                    .warn();
            body.syscall(Syscall.GETPGID, 0).into(scratch);
            body.skipIf(slot(current), Comparison.NE, slot(scratch), own -> own.set(foreground, imm(1)));
        });
    }

    /** A pipe at two given numbers. */
    private void pipe(int readEnd, int writeEnd) {
        Arg ends = program.room(8);
        program.syscall(Syscall.PIPE2, ends, imm(0));
        program.expectSame(ends, program.ints(Numbers.FIRST_FREE, Numbers.SECOND_FREE), 8);
        program.syscall(Syscall.DUP3, Numbers.FIRST_FREE, readEnd, 0);
        program.syscall(Syscall.DUP3, Numbers.SECOND_FREE, writeEnd, 0);
        program.syscall(Syscall.CLOSE, Numbers.FIRST_FREE);
        program.syscall(Syscall.CLOSE, Numbers.SECOND_FREE);
    }
}
