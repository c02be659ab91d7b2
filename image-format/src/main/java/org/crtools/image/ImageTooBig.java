// SPDX-License-Identifier: Apache-2.0
package org.crtools.image;

/** The image is beyond one of the caps of the format (CRT_MAX_*); in a dump, what should become one. */
public final class ImageTooBig extends ImageException {
    private static final long serialVersionUID = 1L;

    public ImageTooBig(String message) {
        super(message, null);
    }

    @Override
    public int exitCode() {
        return Format.CRT_EXIT_CORRUPT;
    }
}
