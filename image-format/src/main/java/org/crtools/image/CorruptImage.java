// SPDX-License-Identifier: Apache-2.0
package org.crtools.image;

/** The image is damaged or truncated: its bytes contradict the format or a checksum. */
public final class CorruptImage extends ImageException {
    private static final long serialVersionUID = 1L;

    public CorruptImage(String message) {
        super(message, null);
    }

    @Override
    public int exitCode() {
        return Format.CRT_EXIT_CORRUPT;
    }
}
