// SPDX-License-Identifier: Apache-2.0
package org.crtools.resource;

import java.io.IOException;
import java.util.Optional;
import org.crtools.image.ByteString;
import org.crtools.model.OpenDescription;

/** A folder, and how far it was read. */
public record Directory(ByteString path) implements Resource {

    static Optional<Resource> recognise(OpenFile file, CaptureContext context) throws IOException, RefusedException {
        if (!file.status().isDirectory()) {
            return Optional.empty();
        }
        if (file.isDeleted()) {
            throw new RefusedException("deleted directory (" + file.path() + ")");
        }
        Paths.expectOfNoProcess(file);
        Paths.expectLeadsTo(file, context);
        return Optional.of(new Directory(file.link()));
    }

    @Override
    public String kind() {
        return "directory";
    }

    @Override
    public String detail() {
        return path.toString();
    }

    @Override
    public void open(OpenContext context, OpenDescription description, int target) {
        Opening.open(context, path, description.flags());
        Opening.seek(context, description.position());
        Opening.moveTo(context, target);
    }
}
