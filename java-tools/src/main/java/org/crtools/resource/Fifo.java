// SPDX-License-Identifier: Apache-2.0
package org.crtools.resource;

import java.io.IOException;
import java.util.Optional;
import java.util.OptionalInt;
import org.crtools.capture.ContentStore;
import org.crtools.image.ByteString;
import org.crtools.model.OpenDescription;
import org.crtools.sys.FileStatus;
import org.crtools.sys.SystemCalls;

/**
 * A named pipe (fifo(7)), its name removed perhaps. A descriptor that holds both ends keeps it open while the tree is
 * made, so that no open(2) waits for a partner.
 *
 * @param home the folder that it comes back in when it has no name
 */
public record Fifo(
        int index,
        String place,
        String source,
        ByteString path,
        int mode,
        int uid,
        int gid,
        Optional<ByteString> home,
        PipeContents contents)
        implements SharedObject {
    /** A description of one end, or of both. */
    public record End(int objectIndex, ByteString path) implements Resource {
        @Override
        public String kind() {
            return "fifo";
        }

        @Override
        public String detail() {
            return path.toString();
        }

        @Override
        public OptionalInt object() {
            return OptionalInt.of(objectIndex);
        }

        @Override
        public void open(OpenContext context, OpenDescription description, int target) {
            Opening.reopen(
                    context,
                    context.objectDescriptor(objectIndex),
                    description.flags() & ~SystemCalls.O_DIRECT | SystemCalls.O_NONBLOCK);
            Opening.moveTo(context, target);
            Opening.setFlags(context, target, description.flags());
        }
    }

    static Optional<Resource> recognise(OpenFile file, CaptureContext context) throws IOException, RefusedException {
        FileStatus status = file.status();
        if (!status.isPipe()) {
            return Optional.empty();
        }
        Optional<ByteString> home = Optional.empty();
        if (file.isDeleted()) {
            Paths.expectOpens(ByteString.of(file.source()), SystemCalls.O_RDONLY, context);
            home = Optional.of(Nameless.home(file.path(), status, context.calls()));
        } else {
            Paths.expectLeadsTo(file, context);
            Paths.expectOpens(file.link(), SystemCalls.O_RDWR, context);
        }
        int index = object(file, home, context);
        return Optional.of(new End(index, file.path()));
    }

    private static int object(OpenFile file, Optional<ByteString> home, CaptureContext context) throws IOException {
        return context.object(
                file.status(),
                number -> new Fifo(
                        number,
                        file.place(),
                        file.source(),
                        file.path(),
                        file.status().mode(),
                        file.status().uid(),
                        file.status().gid(),
                        home,
                        PipeContents.of(context.calls(), file.source(), file.place())));
    }

    @Override
    public String kind() {
        return "fifo";
    }

    @Override
    public String detail() {
        return path.toString();
    }

    private String content() {
        return "fifo-" + index + ".data";
    }

    @Override
    public void save(ContentStore store) throws IOException {
        contents.save(store, source, place, content());
    }

    @Override
    public void create(OpenContext context, int target) {
        if (home.isPresent()) {
            Nameless.createFifo(context, home.get(), path, target);
        } else {
            Opening.open(context, path, SystemCalls.O_RDWR | SystemCalls.O_NONBLOCK);
            Opening.expectType(context, mode, place + ": " + path + " is no longer a FIFO");
            Opening.moveTo(context, target);
        }
        contents.fill(context, target, content());
    }

    @Override
    public void finish(OpenContext context, int target) {
        if (home.isPresent()) {
            Opening.setOwner(context, target, uid, gid, mode);
        }
    }
}
