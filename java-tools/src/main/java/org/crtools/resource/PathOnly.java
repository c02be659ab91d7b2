// SPDX-License-Identifier: Apache-2.0
package org.crtools.resource;

import java.io.IOException;
import java.util.Optional;
import org.crtools.image.ByteString;
import org.crtools.model.OpenDescription;
import org.crtools.sys.SystemCalls;

/** A descriptor that only names a file or folder (O_PATH). */
public record PathOnly(ByteString path, int mode) implements Resource {

    static Optional<Resource> recognise(OpenFile file, CaptureContext context) throws IOException, RefusedException {
        if (!file.hasFlag(SystemCalls.O_PATH)) {
            return Optional.empty();
        }
        Paths.expectOfNoProcess(file);
        Paths.expectLeadsTo(file, context);
        return Optional.of(new PathOnly(file.link(), file.status().mode()));
    }

    @Override
    public String kind() {
        return "path";
    }

    @Override
    public String detail() {
        return path.toString();
    }

    @Override
    public void open(OpenContext context, OpenDescription description, int target) {
        Opening.open(context, path, description.flags());
        Opening.expectType(context, mode, description.place() + ": " + path + " is no longer of the same type");
        Opening.moveTo(context, target);
    }
}
