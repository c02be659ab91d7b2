// SPDX-License-Identifier: Apache-2.0
package org.crtools.cli;

import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import picocli.CommandLine.TypeConversionException;

/** A path that the user names. */
final class UserPath {
    /** What Java puts in place of a character that the locale does not have. */
    private static final char LOST = '\ufffd';

    /** For a name that Java cannot hold. */
    static final String WAY_OUT = "the locale has no characters for the name of a file; LC_ALL=C.UTF-8 lets it pass";

    private UserPath() {}

    static Path of(String text) {
        Path path;
        try {
            path = Path.of(text);
        } catch (InvalidPathException bad) {
            throw new TypeConversionException(text.indexOf('\0') < 0 ? WAY_OUT : "a name of a file with a NUL in it");
        }
        // Java takes relative paths from a working directory of that text, but the kernel knows better.
        boolean misread = System.getProperty("user.dir").indexOf(LOST) >= 0;
        return path.isAbsolute() || !misread ? path : Path.of("/proc/self/cwd").resolve(path);
    }
}
