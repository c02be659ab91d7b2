// SPDX-License-Identifier: Apache-2.0
package org.crtools.resource;

import static org.crtools.image.Arg.imm;

import java.io.IOException;
import java.util.Optional;
import java.util.OptionalInt;
import org.crtools.capture.ContentStore;
import org.crtools.image.Arg;
import org.crtools.image.ProgramBuilder;
import org.crtools.image.Syscall;
import org.crtools.model.OpenDescription;
import org.crtools.sys.SystemCalls;

/**
 * A pipe: its capacity and what is in it. While the tree is made, two neighbouring descriptors hold its reading and
 * writing end; every description is opened from them.
 *
 * @param place a descriptor that is on it, for messages
 * @param source path of an open end while the tree is frozen
 */
public record Pipe(int index, String place, String source, int mode, int uid, int gid, PipeContents contents)
        implements SharedObject {
    /** The first free descriptors of every process of the tree image, which pipe2(2) therefore gives. */
    private static final int READ_END = 3;

    private static final int WRITE_END = 4;

    /** A description of one end, or of both. */
    public record End(int objectIndex, String detail, int access) implements Resource {
        @Override
        public String kind() {
            return "pipe";
        }

        @Override
        public OptionalInt object() {
            return OptionalInt.of(objectIndex);
        }

        @Override
        public void open(OpenContext context, OpenDescription description, int target) {
            int pipe = context.objectDescriptor(objectIndex) + (access == SystemCalls.O_WRONLY ? 1 : 0);
            // Opening a pipe again, by way of /proc, leaves a trace that pipe2(2) does not.
            if ((description.flags() & SystemCalls.O_LARGEFILE) == 0) {
                context.program().syscall(Syscall.DUP3, pipe, target, 0);
            } else {
                Opening.reopen(context, pipe, description.flags() & ~SystemCalls.O_DIRECT);
                Opening.moveTo(context, target);
            }
            Opening.setFlags(context, target, description.flags());
        }
    }

    static Optional<Resource> recognise(OpenFile file, CaptureContext context) throws IOException, RefusedException {
        if (!file.status().isPipe() || !file.linkStarts("pipe:[")) {
            return Optional.empty();
        }
        int index = context.object(
                file.status(),
                number -> new Pipe(
                        number,
                        file.place(),
                        file.source(),
                        file.status().mode(),
                        file.status().uid(),
                        file.status().gid(),
                        PipeContents.of(context.calls(), file.source(), file.place())));
        return Optional.of(new End(index, file.link().toString(), file.info().accessMode()));
    }

    @Override
    public String kind() {
        return "pipe";
    }

    @Override
    public String detail() {
        return contents.capacity() + " bytes";
    }

    @Override
    public int width() {
        return 2;
    }

    private String content() {
        return "pipe-" + index + ".data";
    }

    @Override
    public void save(ContentStore store) throws IOException {
        contents.save(store, source, place, content());
    }

    @Override
    public void create(OpenContext context, int target) {
        ProgramBuilder program = context.program();
        Arg ends = program.room(8);
        program.syscall(Syscall.PIPE2, ends, imm(0));
        program.expectSame(ends, program.ints(READ_END, WRITE_END), 8);
        program.syscall(Syscall.DUP3, READ_END, target, 0);
        program.syscall(Syscall.DUP3, WRITE_END, target + 1, 0);
        program.syscall(Syscall.CLOSE, READ_END);
        program.syscall(Syscall.CLOSE, WRITE_END);
        contents.fill(context, target + 1, content());
    }

    @Override
    public void finish(OpenContext context, int target) {
        Opening.setOwner(context, target, uid, gid, mode);
    }
}
