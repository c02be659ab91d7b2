// SPDX-License-Identifier: Apache-2.0
package org.crtools.image;

import java.io.IOException;

/** The image could not be read or written; the cause is what the system said. */
public final class ImageIo extends ImageException {
    private static final long serialVersionUID = 1L;

    public ImageIo(String message, IOException cause) {
        super(message + ": " + cause.getMessage(), cause);
    }

    @Override
    public int exitCode() {
        return Format.CRT_EXIT_FAILED;
    }
}
