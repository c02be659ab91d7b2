// SPDX-License-Identifier: Apache-2.0
package org.crtools.plan;

import static org.crtools.image.Arg.imm;
import static org.crtools.image.Arg.slot;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.TreeSet;
import org.crtools.ExitCode;
import org.crtools.image.Arg;
import org.crtools.image.ByteString;
import org.crtools.image.Comparison;
import org.crtools.image.Program;
import org.crtools.image.ProgramBuilder;
import org.crtools.image.Syscall;
import org.crtools.model.Descriptor;
import org.crtools.model.Limit;
import org.crtools.model.LiveProcess;
import org.crtools.model.ThreadSettings;
import org.crtools.plan.DescriptorPlan.MappingDescriptor;
import org.crtools.sys.ProcessCalls;
import org.crtools.sys.SystemCalls;

/**
 * The program of a core image: what a process is set to besides its memory and its threads' registers. Folders come
 * before the credentials, which come last of all; every process waits for the others before it goes on.
 */
final class CorePlan {
    private static final int F_GETFD = 1;
    private static final int F_SETFD = 2;
    private static final int FD_CLOEXEC = 1;
    private static final int IOPRIO_WHO_PROCESS = 1;
    private static final int PRIO_PROCESS = 0;
    private static final int PR_SET_PDEATHSIG = 1;
    private static final ByteString ROOT = ByteString.of("/");

    private final LiveProcess process;
    private final ProgramBuilder program = new ProgramBuilder();
    private final int scratch = program.slot();
    private final String place;

    private CorePlan(LiveProcess process) {
        this.process = process;
        this.place = "pid " + process.pid();
    }

    static Program plan(LiveProcess process, List<MappingDescriptor> mappings, Numbers numbers) {
        CorePlan plan = new CorePlan(process);
        plan.program.reportTo(numbers.reportWrite());
        plan.process(mappings);
        plan.threads();
        plan.program.commit(body -> {
            body.about(plan.place).failingWith(ExitCode.FAILED.value());
            plan.deathSignal(numbers);
            body.stage(imm(numbers.stageRead(2))).label(plan.place + ": the word to go on");
            body.syscall(Syscall.CLOSE, numbers.stageRead(2)).mayFail();
            // The supervisor waits for its end: left open, it would wait for ever.
            body.syscall(Syscall.CLOSE, numbers.reportWrite());
        });
        return plan.program.build();
    }

    private void process(List<MappingDescriptor> mappings) {
        program.about(place + ": shared memory");
        TreeSet<Integer> numbers = new TreeSet<>();
        mappings.forEach(mapping -> numbers.add(mapping.number()));
        numbers.forEach(number -> program.syscall(Syscall.CLOSE, number));
        for (Descriptor descriptor : process.descriptors()) {
            if (descriptor.closeOnExec()) {
                program.syscall(Syscall.FCNTL, descriptor.number(), F_SETFD, FD_CLOEXEC)
                        .label(place + " fd " + descriptor.number());
            }
        }
        attribute("out-of-memory score", "oom_score_adj", Integer.toString(process.outOfMemoryScore()));
        if (!process.coreDumpFilter().isEmpty()) {
            attribute("core dump filter", "coredump_filter", "0x" + process.coreDumpFilter());
        }
        folders();
        program.syscall(Syscall.UMASK, process.umask());
    }

    /** The end of the supervisor that leaves the tree alone would send it to the root. */
    private void deathSignal(Numbers numbers) {
        if (process.identity().parent() != 0 || process.deathSignal() == 0) {
            return;
        }
        program.syscall(Syscall.FCNTL, numbers.orphan(), F_GETFD).into(scratch).mayFail();
        program.skipIf(slot(scratch), Comparison.LT, imm(0), body -> {
            body.syscall(Syscall.CLOSE, numbers.orphan());
            body.syscall(Syscall.PRCTL, PR_SET_PDEATHSIG, 0);
            body.expect(imm(0), Comparison.EQ, imm(process.deathSignal()))
                    .label("parent death signal of " + place)
                    .warn();
        });
    }

    private void attribute(String what, String file, String value) {
        program.about(what);
        program.syscall(
                        Syscall.OPENAT,
                        imm(SystemCalls.AT_FDCWD),
                        program.text("/proc/self/" + file),
                        imm(SystemCalls.O_WRONLY),
                        imm(0))
                .into(scratch)
                .warn();
        program.write(slot(scratch), ByteString.of(value)).warn();
        program.syscall(Syscall.CLOSE, slot(scratch)).mayFail();
    }

    private void folders() {
        program.about(place + ": working directory " + process.workingDirectory())
                .failingWith(ExitCode.CHANGED.value());
        if (process.rootDirectory().equals(ROOT)) {
            program.syscall(Syscall.CHDIR, program.text(process.workingDirectory()));
            return;
        }
        // The working directory may be outside the root directory.
        program.syscall(
                        Syscall.OPENAT,
                        imm(SystemCalls.AT_FDCWD),
                        program.text(process.workingDirectory()),
                        imm(SystemCalls.O_PATH | SystemCalls.O_DIRECTORY),
                        imm(0))
                .into(scratch);
        program.syscall(Syscall.CHROOT, program.text(process.rootDirectory()))
                .label(place + ": root directory " + process.rootDirectory());
        program.syscall(Syscall.FCHDIR, slot(scratch));
        program.syscall(Syscall.CLOSE, slot(scratch));
    }

    private void threads() {
        for (int index = 0; index < process.threads().size(); index++) {
            ThreadSettings thread = process.threads().get(index);
            program.thread(index, body -> settings(thread));
        }
        program.thread(0, body -> limits());
        program.allThreads(body -> CredentialsPlan.add(program, process.credentials(), process.securebits()));
    }

    private void settings(ThreadSettings thread) {
        Arg affinity = program.bytes(thread.affinity());
        program.syscall(Syscall.SCHED_SETAFFINITY, imm(0), imm(thread.affinity().length()), affinity)
                .label("processors to run on")
                .warn();
        // For SCHED_IDLE and real-time policies sched_setattr(2) takes no niceness.
        program.syscall(Syscall.SETPRIORITY, PRIO_PROCESS, 0, niceness(thread))
                .label("niceness")
                .warn();
        program.syscall(Syscall.SCHED_SETATTR, imm(0), program.bytes(thread.scheduling()), imm(0))
                .label("niceness")
                .warn();
        program.syscall(Syscall.IOPRIO_SET, IOPRIO_WHO_PROCESS, 0, thread.ioPriority())
                .label("I/O priority")
                .warn();
    }

    private static int niceness(ThreadSettings thread) {
        return ByteBuffer.wrap(thread.scheduling().toBytes())
                .order(ByteOrder.LITTLE_ENDIAN)
                .getInt(ProcessCalls.SCHED_NICE);
    }

    private void limits() {
        for (Limit limit : process.limits()) {
            program.syscall(
                            Syscall.PRLIMIT64,
                            imm(0),
                            imm(limit.resource()),
                            program.longs(limit.soft(), limit.hard()),
                            imm(0))
                    .label("resource limits")
                    .warn();
        }
    }
}
