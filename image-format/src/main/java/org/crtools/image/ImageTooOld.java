// SPDX-License-Identifier: Apache-2.0
package org.crtools.image;

/** The image is of a format that this version no longer reads. */
public final class ImageTooOld extends ImageException {
    private static final long serialVersionUID = 1L;

    public ImageTooOld(String message) {
        super(message, null);
    }

    @Override
    public int exitCode() {
        return Format.CRT_EXIT_CORRUPT;
    }
}
