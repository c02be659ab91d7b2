// SPDX-License-Identifier: Apache-2.0
package org.crtools.image;

/**
 * A note of the image.
 *
 * @param name without its NUL
 * @param type {@code NT_*} or {@code CRT_NT_*}
 */
public record Note(String name, int type, ByteString desc) {
    static Note crtools(int type, ByteString desc) {
        return new Note(Format.CRT_NOTE_NAME, type, desc);
    }

    boolean isCrtools() {
        return name.equals(Format.CRT_NOTE_NAME);
    }
}
