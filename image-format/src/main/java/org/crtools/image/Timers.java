// SPDX-License-Identifier: Apache-2.0
package org.crtools.image;

import java.util.List;

/** {@code struct crt_timers}: the interval timers of the process and those made by timer_create(2). */
public record Timers(Itimer real, Itimer virtual, Itimer prof, List<PosixTimer> posix) {
    public Timers {
        posix = List.copyOf(posix);
    }
}
