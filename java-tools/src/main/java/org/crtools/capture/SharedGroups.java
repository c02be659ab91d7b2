// SPDX-License-Identifier: Apache-2.0
package org.crtools.capture;

import java.util.ArrayList;
import java.util.List;
import org.crtools.sys.ProcessCalls;
import org.crtools.sys.ProcessCalls.Common;
import org.crtools.sys.SystemCallException;

/** Finds which of many things are one in the kernel, with few comparisons: kcmp(2) gives an order. */
final class SharedGroups<T> {
    /** A thing as kcmp(2) names it: a process, and a descriptor of it for {@link Common#FILE}. */
    private record Entry<T>(int pid, int fd, T value) {}

    private final ProcessCalls calls;
    private final Common common;
    private final List<Entry<T>> sorted = new ArrayList<>();

    SharedGroups(ProcessCalls calls, Common common) {
        this.calls = calls;
        this.common = common;
    }

    /** What was added for the same thing before; {@code value} itself when it is the first. */
    T add(int pid, int fd, T value) throws SystemCallException {
        int low = 0;
        int high = sorted.size();
        while (low < high) {
            int middle = (low + high) >>> 1;
            Entry<T> entry = sorted.get(middle);
            int order = calls.compare(pid, entry.pid(), common, fd, entry.fd());
            if (order == 0) {
                return entry.value();
            }
            if (order < 0) {
                high = middle;
            } else {
                low = middle + 1;
            }
        }
        sorted.add(low, new Entry<>(pid, fd, value));
        return value;
    }
}
