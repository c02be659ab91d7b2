// SPDX-License-Identifier: Apache-2.0
package org.crtools.sys;

import java.io.IOException;

/** A system call that failed: its name, what it was about, and the error number. */
public final class SystemCallException extends IOException {
    private static final long serialVersionUID = 1L;

    private final Errno errno;
    private final int number;

    public SystemCallException(String call, String object, int number) {
        super(call + " " + object + ": " + text(number));
        this.errno = Errno.of(number);
        this.number = number;
    }

    private static String text(int number) {
        Errno errno = Errno.of(number);
        return errno == Errno.OTHER ? "error " + number : errno.text();
    }

    public Errno errno() {
        return errno;
    }

    /** The number as the kernel gave it. */
    public int number() {
        return number;
    }
}
