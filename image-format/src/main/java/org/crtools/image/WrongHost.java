// SPDX-License-Identifier: Apache-2.0
package org.crtools.image;

/** The image is made on another kind of machine. */
public final class WrongHost extends ImageException {
    private static final long serialVersionUID = 1L;

    public WrongHost(String message) {
        super(message, null);
    }

    @Override
    public int exitCode() {
        return Format.CRT_EXIT_HOST;
    }
}
