// SPDX-License-Identifier: Apache-2.0
package org.crtools.guest;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** A file that an operation of a restore program cuts to nothing: so it is seen that the program came to that place. */
final class Witness {

    /** Where {@link Surroundings} does not look. */
    static final Path FILE = Path.of("/var/witness");

    private Witness() {}

    /** From now on nothing was seen. */
    static void reset() {
        try {
            Files.writeString(FILE, "not yet");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static boolean hasSeen() {
        try {
            return Files.size(FILE) == 0;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
