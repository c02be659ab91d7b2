// SPDX-License-Identifier: Apache-2.0
package org.crtools.sys;

import java.io.IOException;
import java.lang.ref.Reference;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import jnr.ffi.Pointer;
import org.crtools.image.ByteString;
import org.crtools.image.Syscall;

/**
 * Puts another program in place of this JVM (execve(2)), of which nothing stays: the program gets the environment, the
 * standard descriptors and the blocked signals that the JVM was started with. Handlers of signals end with it.
 */
public final class Replacement {
    private static final int FIRST_OWN = 3;
    private static final long LAST = 0xffffffffL;
    private static final int CLOSE_RANGE_CLOEXEC = 4;
    private static final int SIG_SETMASK = 2;
    private static final int SIGSET_SIZE = 8;

    private final Kernel kernel;
    private final SystemCalls files;
    private final Proc proc;

    Replacement(Kernel kernel, SystemCalls files, Proc proc) {
        this.kernel = kernel;
        this.files = files;
        this.proc = proc;
    }

    /** Does not return but by failing. */
    public SystemCallException execute(ByteString program, List<ByteString> arguments) throws IOException {
        int pid = (int) ProcessHandle.current().pid();
        // The thread of the process's number runs no Java: its signals are blocked as they were.
        long blocked = proc.status(pid).mask("SigBlk");
        List<Pointer> environment = strings(split(Files.readAllBytes(proc.file(pid, "environ"))));
        List<Pointer> words = strings(arguments);
        removePerformanceData(pid);
        Pointer name = kernel.string(program.toBytes());
        Pointer argv = array(words);
        Pointer envp = array(environment);
        Pointer mask = kernel.allocate(SIGSET_SIZE);
        Pointer before = kernel.allocate(SIGSET_SIZE);
        mask.putLong(0, blocked);
        try {
            kernel.call(Syscall.CLOSE_RANGE, "", FIRST_OWN, LAST, CLOSE_RANGE_CLOEXEC);
            kernel.call(Syscall.RT_SIGPROCMASK, "", SIG_SETMASK, mask.address(), before.address(), SIGSET_SIZE);
            long result = kernel.raw(Syscall.EXECVE, name.address(), argv.address(), envp.address());
            kernel.call(Syscall.RT_SIGPROCMASK, "", SIG_SETMASK, before.address(), 0, SIGSET_SIZE);
            return new SystemCallException("execve", program.toString(), (int) -result);
        } finally {
            for (Object used : List.of(name, argv, envp, mask, before, words, environment)) {
                Reference.reachabilityFence(used);
            }
        }
    }

    private static List<ByteString> split(byte[] bytes) {
        List<ByteString> parts = new ArrayList<>();
        int start = 0;
        for (int i = 0; i < bytes.length; i++) {
            if (bytes[i] == 0) {
                parts.add(ByteString.of(java.util.Arrays.copyOfRange(bytes, start, i)));
                start = i + 1;
            }
        }
        return parts;
    }

    private List<Pointer> strings(List<ByteString> texts) {
        return texts.stream().map(text -> kernel.string(text.toBytes())).toList();
    }

    /** Their addresses, and a null at the end. */
    private Pointer array(List<Pointer> pointers) {
        Pointer array = kernel.allocate((pointers.size() + 1) * Long.BYTES);
        for (int i = 0; i < pointers.size(); i++) {
            array.putLong((long) i * Long.BYTES, pointers.get(i).address());
        }
        return array;
    }

    /** The file that tools like jps find a JVM by, which the JVM removes when it ends. */
    private void removePerformanceData(int pid) {
        Path folder = Path.of("/tmp/hsperfdata_" + System.getProperty("user.name"));
        try {
            FileStatus status = files.linkStatus(PathBytes.of(folder));
            if (status.isDirectory() && status.uid() == files.effectiveUser()) {
                Files.deleteIfExists(folder.resolve(Integer.toString(pid)));
            }
        } catch (IOException none) {
            return;
        }
    }
}
