// SPDX-License-Identifier: Apache-2.0
package org.crtools.image;

/** The image is of a newer format than this version reads. */
public final class ImageTooNew extends ImageException {
    private static final long serialVersionUID = 1L;

    public ImageTooNew(String message) {
        super(message, null);
    }

    @Override
    public int exitCode() {
        return Format.CRT_EXIT_CORRUPT;
    }
}
