// SPDX-License-Identifier: Apache-2.0
package org.crtools;

/** A failure that is told to the user in one sentence, with the exit code that stands for it. */
public class CrtoolsException extends Exception {
    private static final long serialVersionUID = 1L;

    private final ExitCode exitCode;

    public CrtoolsException(ExitCode exitCode, String message) {
        super(message);
        this.exitCode = exitCode;
    }

    public CrtoolsException(ExitCode exitCode, String message, Throwable cause) {
        super(message, cause);
        this.exitCode = exitCode;
    }

    public ExitCode exitCode() {
        return exitCode;
    }
}
