// SPDX-License-Identifier: Apache-2.0
package org.crtools.capture;

import java.io.IOException;
import java.nio.file.Files;
import org.crtools.freeze.FrozenProcess;
import org.crtools.sys.FileDescriptor;
import org.crtools.sys.Host;
import org.crtools.sys.SystemCallException;
import org.crtools.sys.SystemCalls;

/** Why the module would not dump a process: it says only that, /proc tells more. */
final class DumpRefusal {
    private static final int ELF_CLASS = 4;
    private static final int ELF_CLASS_32 = 1;
    private static final String CLOCK_NANOSLEEP = "230";
    /** Of a clock id that is none of the fixed ones: the time of a thread, not of a process (clock_getcpuclockid(3)). */
    private static final int OF_THREAD = 4;

    private final Host host;
    private final Refusals refusals;
    private boolean found;

    DumpRefusal(Host host, Refusals refusals) {
        this.host = host;
        this.refusals = refusals;
    }

    void explain(FrozenProcess process) throws IOException {
        int pid = process.pid();
        mappings(pid);
        policies(pid);
        sleeps(process);
        if (isOf32Bits(pid)) {
            refuse("pid " + pid, "32-bit program");
        }
        if (!found && refusals.isEmpty()) {
            refuse(
                    "pid " + pid,
                    "something that the module does not dump and /proc does not tell: segments of its own (modify_ldt,"
                            + " set_thread_area), I/O ports (ioperm, iopl), keys (keyctl, pkey_alloc), masked addresses,"
                            + " system call dispatch or other settings of prctl, a sleep on the CPU clock of a thread");
        }
    }

    private void refuse(String place, String kind) {
        refusals.add(place, kind);
        found = true;
    }

    private void mappings(int pid) throws IOException {
        String place = "pid " + pid;
        boolean ofKernel = false;
        boolean executeOnly = false;
        for (String line : host.proc().value(pid, "smaps").split("\n")) {
            if (line.matches("[0-9a-f]+-[0-9a-f]+ .*")) {
                place = "pid " + pid + " " + line.substring(0, line.indexOf('-'));
                ofKernel = line.endsWith("]") && line.contains(" [v");
                executeOnly = line.split(" ")[1].startsWith("--x");
                if (line.endsWith("[uprobes]")) {
                    refuse(place, "breakpoints of a tracer (uprobes)");
                }
            } else if (line.startsWith("ProtectionKey:") && !line.matches(".*\\s0") && !executeOnly) {
                // The kernel itself gives one to memory that may only be executed.
                refuse(place, "protection key (pkey_mprotect)");
            } else if (line.startsWith("VmFlags:") && !ofKernel) {
                for (String flag : line.substring("VmFlags:".length()).trim().split(" ")) {
                    String kind = kindOfFlag(flag);
                    if (!kind.isEmpty()) {
                        refuse(place, kind);
                    }
                }
            }
        }
    }

    /** Flags of smaps (proc(5)) that tell unsupported mappings. */
    private static String kindOfFlag(String flag) {
        return switch (flag) {
            case "um", "uw", "ui" -> "userfaultfd";
            case "ht" -> "hugetlb memory";
            case "ss" -> "shadow stack";
            case "pf", "io" -> "device memory";
            case "sf" -> "mapping with MAP_SYNC";
            case "sl" -> "sealed memory (mseal)";
            case "gu" -> "guard region (MADV_GUARD_INSTALL)";
            default -> "";
        };
    }

    /** Of mappings, or of a thread, which shows for all of them. */
    private void policies(int pid) throws IOException {
        if (!Files.exists(host.proc().file(pid, "numa_maps"))) {
            return;
        }
        for (String line : host.proc().value(pid, "numa_maps").split("\n")) {
            String[] words = line.split(" ");
            if (words.length > 1 && !words[1].equals("default")) {
                refuse("pid " + pid, "NUMA policy (mbind, set_mempolicy)");
            }
        }
    }

    private void sleeps(FrozenProcess process) throws IOException {
        for (int tid : process.threads()) {
            // The number of the system call that it waits in, its arguments in hexadecimal.
            String[] words =
                    host.proc().value(process.pid(), "task/" + tid + "/syscall").split(" ");
            if (words[0].equals(CLOCK_NANOSLEEP) && words.length > 1) {
                int clock = (int) Long.parseUnsignedLong(words[1].substring(2), 16);
                if (clock < 0 && (clock & OF_THREAD) != 0) {
                    refuse("pid " + process.pid() + " thread " + tid, "sleep on the CPU clock of a thread");
                }
            }
        }
    }

    private boolean isOf32Bits(int pid) {
        String path = "/proc/" + pid + "/exe";
        try (FileDescriptor program = host.files().open(path, SystemCalls.O_RDONLY)) {
            byte[] begin = host.files().readAt(program, path, 0, ELF_CLASS + 1);
            return begin.length > ELF_CLASS && begin[ELF_CLASS] == ELF_CLASS_32;
        } catch (SystemCallException unreadable) {
            return false;
        }
    }
}
