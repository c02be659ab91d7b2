// SPDX-License-Identifier: Apache-2.0
package org.crtools.sys;

import java.io.ByteArrayOutputStream;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Optional;
import org.crtools.image.ByteString;

/**
 * Between paths as the kernel has them, which are bytes, and as Java has them, which are texts in the locale's
 * characters. The locale C has no others than those of ASCII.
 */
public final class PathBytes {
    private static final int HEXADECIMAL = 16;

    private PathBytes() {}

    /** The bytes of an absolute path, whatever its text looks like. */
    public static ByteString of(Path path) {
        // Java gives the bytes out as a URI only.
        String text = path.toUri().getRawPath();
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        for (int i = 0; i < text.length(); i++) {
            if (text.charAt(i) == '%') {
                bytes.write(Integer.parseInt(text.substring(i + 1, i + 3), HEXADECIMAL));
                i += 2;
            } else {
                bytes.write(text.charAt(i));
            }
        }
        byte[] all = bytes.toByteArray();
        // A folder's URI ends in a slash.
        int length = all.length > 1 && all[all.length - 1] == '/' ? all.length - 1 : all.length;
        return ByteString.of(java.util.Arrays.copyOf(all, length));
    }

    /** The path with these bytes; empty when the locale has no text for it. */
    public static Optional<Path> path(ByteString bytes) {
        try {
            return Optional.of(Path.of(bytes.toString())).filter(path -> path.isAbsolute() && of(path).equals(bytes));
        } catch (InvalidPathException otherCharacters) {
            return Optional.empty();
        }
    }
}
