// SPDX-License-Identifier: Apache-2.0
package org.crtools.resource;

import java.io.IOException;
import java.util.Optional;
import org.crtools.image.ByteString;
import org.crtools.model.OpenDescription;
import org.crtools.sys.FileStatus;

/** A memory device without state (mem(4), null(4), random(4), full(4)). */
public record Device(ByteString path, int mode, long device) implements Resource {
    private static final int MEMORY = 1;

    static Optional<Resource> recognise(OpenFile file, CaptureContext context) throws IOException, RefusedException {
        FileStatus status = file.status();
        if (!status.isCharacterDevice() || status.rawMajor() != MEMORY) {
            return Optional.empty();
        }
        boolean stateless =
                switch (status.rawMinor()) {
                    case 3, 5, 7, 8, 9 -> true; // null, zero, full, random, urandom
                    default -> false;
                };
        if (!stateless) {
            return Optional.empty();
        }
        Paths.expectLeadsTo(file, context);
        return Optional.of(new Device(file.link(), status.mode(), status.rawDevice()));
    }

    @Override
    public String kind() {
        return "device";
    }

    @Override
    public String detail() {
        return path.toString();
    }

    @Override
    public void open(OpenContext context, OpenDescription description, int target) {
        Opening.open(context, path, description.flags());
        Opening.expectDevice(context, device, description.place() + ": " + path + " is no longer the same device");
        Opening.moveTo(context, target);
    }
}
