// SPDX-License-Identifier: Apache-2.0
package org.crtools.sys;

import com.kenai.jffi.LastError;
import java.lang.ref.Reference;
import jnr.ffi.LibraryLoader;
import jnr.ffi.Memory;
import jnr.ffi.Pointer;
import jnr.ffi.Runtime;
import jnr.ffi.types.int64_t;
import org.crtools.image.Syscall;

/**
 * The way into the kernel: syscall(2) and memory for its arguments. Hardly another native function is bound, as binding
 * is what costs at start-up.
 */
public final class Kernel {
    /** What is used of the C library. */
    public interface Library {
        /** setlocale(3) */
        Pointer setlocale(int category, String locale);

        /** syscall(2) */
        @int64_t
        long syscall(
                @int64_t long number,
                @int64_t long a,
                @int64_t long b,
                @int64_t long c,
                @int64_t long d,
                @int64_t long e,
                @int64_t long f);
    }

    private final Library library;
    private final Runtime runtime;

    private Kernel(Library library) {
        this.library = library;
        this.runtime = Runtime.getRuntime(library);
    }

    private static final int LC_MESSAGES = 5;

    /** Loads the native code; takes a tenth of a second. */
    public static Kernel load() {
        Library library = LibraryLoader.create(Library.class).load("c");
        // Java's channels tell an error by strerror(3) alone: its texts are those of English from here on.
        library.setlocale(LC_MESSAGES, "C");
        return new Kernel(library);
    }

    /** Zeroed memory outside the heap, freed with the object. */
    public Pointer allocate(int bytes) {
        return Memory.allocateDirect(runtime, bytes, true);
    }

    /** NUL-terminated bytes. */
    Pointer string(byte[] bytes) {
        Pointer pointer = allocate(bytes.length + 1);
        pointer.put(0, bytes, 0, bytes.length);
        return pointer;
    }

    /** The result, or minus the error number. Restarted while it is interrupted by a signal. */
    long raw(Syscall call, long... args) {
        while (true) {
            long result = library.syscall(
                    call.number(), arg(args, 0), arg(args, 1), arg(args, 2), arg(args, 3), arg(args, 4), arg(args, 5));
            if (result != -1) {
                return result;
            }
            int errno = LastError.getInstance().get();
            if (errno != Errno.EINTR.number()) {
                return -errno;
            }
        }
    }

    long call(Syscall call, String object, long... args) throws SystemCallException {
        long result = raw(call, args);
        if (result < 0) {
            throw new SystemCallException(call.title(), object, (int) -result);
        }
        return result;
    }

    /** A call whose argument {@code index} is the address of memory that must outlive it. */
    long callWith(Syscall call, String object, Pointer memory, long... args) throws SystemCallException {
        try {
            return call(call, object, args);
        } finally {
            Reference.reachabilityFence(memory);
        }
    }

    private static long arg(long[] args, int index) {
        return index < args.length ? args[index] : 0;
    }
}
