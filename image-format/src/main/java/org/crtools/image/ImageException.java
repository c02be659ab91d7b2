// SPDX-License-Identifier: Apache-2.0
package org.crtools.image;

/** Why an image cannot be read or written, one subclass for each answer a user can act upon. */
public abstract sealed class ImageException extends Exception
        permits CorruptImage, NotAnImage, ImageTooOld, ImageTooNew, ImageTooBig, WrongHost, ImageIo {
    private static final long serialVersionUID = 1L;

    ImageException(String message, Throwable cause) {
        super(message, cause);
    }

    /** The exit code of the crtools command for this failure, one of {@code CRT_EXIT_*}. */
    public abstract int exitCode();
}
