// SPDX-License-Identifier: Apache-2.0
package org.crtools.resource;

import static org.crtools.image.Arg.imm;

import java.io.IOException;
import java.util.Optional;
import org.crtools.image.Arg;
import org.crtools.image.ProgramBuilder;
import org.crtools.image.Syscall;
import org.crtools.model.OpenDescription;
import org.crtools.sys.FileDescriptor;

/**
 * One end of a socketpair(2) whose other end is closed and in which nothing is left. Every Java program that has opened
 * a file channel keeps one, to put it in the place of descriptors that it closes while others still wait on them.
 */
public record ClosedSocket(String detail, int type) implements Resource {
    private static final int AF_UNIX = 1;
    private static final int SO_TYPE = 3;
    private static final int SO_DOMAIN = 39;
    private static final int SOCK_STREAM = 1;
    private static final int POLLERR = 0x8;
    private static final int POLLHUP = 0x10;

    /** The first free descriptors of every process of the tree image, which socketpair(2) therefore gives. */
    private static final int ONE = 3;

    private static final int OTHER = 4;

    static Optional<Resource> recognise(OpenFile file, CaptureContext context) throws IOException {
        if (!file.status().isSocket()) {
            return Optional.empty();
        }
        String place = file.place();
        try (FileDescriptor socket = context.duplicate(file)) {
            boolean fits = context.calls().socketOption(socket, place, SO_DOMAIN) == AF_UNIX
                    && context.calls().socketOption(socket, place, SO_TYPE) == SOCK_STREAM
                    && context.calls().isUnnamedPair(socket)
                    && (context.calls().poll(socket, place, 0) & (POLLHUP | POLLERR)) == POLLHUP
                    && context.calls().available(socket, place) == 0;
            return fits ? Optional.of(new ClosedSocket(file.link().toString(), SOCK_STREAM)) : Optional.empty();
        }
    }

    @Override
    public String kind() {
        return "closed socket";
    }

    @Override
    public void open(OpenContext context, OpenDescription description, int target) {
        ProgramBuilder program = context.program();
        Arg ends = program.room(8);
        program.syscall(Syscall.SOCKETPAIR, imm(AF_UNIX), imm(type), imm(0), ends);
        program.expectSame(ends, program.ints(ONE, OTHER), 8);
        program.syscall(Syscall.DUP3, ONE, target, 0);
        program.syscall(Syscall.CLOSE, ONE);
        program.syscall(Syscall.CLOSE, OTHER);
        Opening.setFlags(context, target, description.flags());
    }
}
