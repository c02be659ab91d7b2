// SPDX-License-Identifier: Apache-2.0
package org.crtools.checkpoint;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.NoSuchFileException;
import org.crtools.CrtoolsException;
import org.crtools.ExitCode;
import org.crtools.image.ImageException;
import org.crtools.sys.Errno;
import org.crtools.sys.SystemCallException;

/** Turns failures of files and system calls into sentences with exit codes. */
public final class Failures {
    private Failures() {}

    public static CrtoolsException translate(IOException failure) {
        return new CrtoolsException(exitCode(failure), sentence(failure), failure);
    }

    public static CrtoolsException translate(ImageException failure) {
        if (failure.getCause() instanceof IOException cause) {
            return new CrtoolsException(exitCode(cause), failure.getMessage() + ": " + sentence(cause), failure);
        }
        for (ExitCode code : ExitCode.values()) {
            if (code.value() == failure.exitCode()) {
                return new CrtoolsException(code, failure.getMessage(), failure);
            }
        }
        return new CrtoolsException(ExitCode.FAILED, failure.getMessage(), failure);
    }

    private static String sentence(IOException failure) {
        if (failure instanceof NoSuchFileException missing) {
            return missing.getFile() + " is missing";
        }
        if (failure instanceof AccessDeniedException denied) {
            return denied.getFile() + ": permission denied";
        }
        return String.valueOf(failure.getMessage());
    }

    private static ExitCode exitCode(IOException failure) {
        if (failure instanceof AccessDeniedException) {
            return ExitCode.PERMISSION;
        }
        Errno errno = failure instanceof SystemCallException call ? call.errno() : Errno.OTHER;
        // Java's channels do not tell it; their texts are strerror(3)'s in English, see Kernel.load().
        String message = String.valueOf(failure.getMessage());
        if (errno == Errno.ENOSPC
                || errno == Errno.EDQUOT
                || message.contains("No space left")
                || message.contains("quota exceeded")) {
            return ExitCode.NO_SPACE;
        }
        if (errno == Errno.EPERM || errno == Errno.EACCES) {
            return ExitCode.PERMISSION;
        }
        if (errno == Errno.ESRCH) {
            return ExitCode.NO_PROCESS;
        }
        return ExitCode.FAILED;
    }
}
