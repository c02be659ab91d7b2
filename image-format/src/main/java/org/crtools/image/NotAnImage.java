// SPDX-License-Identifier: Apache-2.0
package org.crtools.image;

/** The image is not an image of crtools at all. */
public final class NotAnImage extends ImageException {
    private static final long serialVersionUID = 1L;

    public NotAnImage(String message) {
        super(message, null);
    }

    @Override
    public int exitCode() {
        return Format.CRT_EXIT_CORRUPT;
    }
}
