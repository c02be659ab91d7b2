// SPDX-License-Identifier: Apache-2.0
package org.crtools.sys;

import org.crtools.fault.Faults;

/** All that crtools asks of the kernel, and what goes wrong with it in tests. */
public record Host(
        SystemCalls files,
        ProcessCalls processes,
        TraceCalls trace,
        Replacement replacement,
        Proc proc,
        Faults faults) {
    /** Loads the native code. */
    public static Host load() {
        Kernel kernel = Kernel.load();
        SystemCalls files = new SystemCalls(kernel);
        Proc proc = new Proc();
        return new Host(
                files,
                new ProcessCalls(kernel, files),
                new TraceCalls(kernel),
                new Replacement(kernel, files, proc),
                proc,
                Faults.NONE);
    }

    /** The same, with faults. */
    public Host with(Faults others) {
        return new Host(files, processes, trace, replacement, proc, others);
    }
}
