// SPDX-License-Identifier: Apache-2.0
package org.crtools.sys;

/** All that crtools asks of the kernel. */
public record Host(SystemCalls files, ProcessCalls processes, TraceCalls trace, Proc proc) {
    /** Loads the native code. */
    public static Host load() {
        Kernel kernel = Kernel.load();
        SystemCalls files = new SystemCalls(kernel);
        return new Host(files, new ProcessCalls(kernel, files), new TraceCalls(kernel), new Proc());
    }
}
