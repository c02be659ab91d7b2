// SPDX-License-Identifier: Apache-2.0
package org.crtools.freeze;

import java.util.List;
import org.crtools.sys.ProcStat;

/**
 * A process that does not run.
 *
 * @param threads all of them, in the order of {@link org.crtools.sys.Proc#threads}; none for a zombie
 * @param jobStopped whether it was stopped by SIGSTOP and kin before
 */
public record FrozenProcess(ProcStat stat, List<Integer> threads, boolean jobStopped) {
    public FrozenProcess {
        threads = List.copyOf(threads);
    }

    public int pid() {
        return stat.pid();
    }

    public boolean isZombie() {
        return stat.isZombie();
    }
}
