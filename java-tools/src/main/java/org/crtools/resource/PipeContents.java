// SPDX-License-Identifier: Apache-2.0
package org.crtools.resource;

import static org.crtools.image.Arg.imm;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.crtools.capture.ContentStore;
import org.crtools.image.ByteString;
import org.crtools.image.ProgramBuilder;
import org.crtools.image.Syscall;
import org.crtools.sys.FileDescriptor;
import org.crtools.sys.SystemCalls;

/**
 * What is in a pipe. A stream of bytes goes to a file of the checkpoint; packets (O_DIRECT, pipe(2)), whose borders
 * count, stand in the program.
 *
 * @param pieces in order; empty for a stream
 */
record PipeContents(List<Piece> pieces, int capacity) {
    private static final int PACKET_MAX = 4096;
    private static final int F_SETPIPE_SZ = 1031;
    private static final int F_SETFL = 4;

    /** Bytes of a stream, or one packet. */
    record Piece(boolean packet, ByteString bytes) {}

    PipeContents {
        pieces = List.copyOf(pieces);
    }

    /** Looks into a pipe, which keeps what it holds. */
    static PipeContents of(SystemCalls calls, String source, String place) throws IOException {
        try (FileDescriptor pipe = calls.open(source, SystemCalls.O_RDONLY | SystemCalls.O_NONBLOCK)) {
            int capacity = calls.pipeSize(pipe, place);
            List<byte[]> chunks = chunks(calls, pipe, place, capacity);
            int last = chunks.size() - 1;
            if (chunks.isEmpty() || last == 0 && !beginsWithPacket(calls, pipe, place, capacity, 0)) {
                return new PipeContents(List.of(), capacity);
            }
            List<Piece> pieces = new ArrayList<>();
            for (int i = 0; i <= last; i++) {
                byte[] chunk = chunks.get(i);
                if (beginsWithPacket(calls, pipe, place, capacity, i)) {
                    pieces.add(new Piece(true, ByteString.of(chunk)));
                } else if (i == last && !endsWithPacket(calls, pipe, place, capacity, i, chunk.length)) {
                    pieces.add(new Piece(false, ByteString.of(chunk)));
                } else {
                    // A stream that the first packet behind it ends.
                    int stream = (chunk.length - 1) / PACKET_MAX * PACKET_MAX;
                    pieces.add(new Piece(false, ByteString.of(Arrays.copyOf(chunk, stream))));
                    pieces.add(new Piece(true, ByteString.of(Arrays.copyOfRange(chunk, stream, chunk.length))));
                }
            }
            return new PipeContents(pieces, capacity);
        }
    }

    /** What reads with a large buffer give: a read ends behind a packet. */
    private static List<byte[]> chunks(SystemCalls calls, FileDescriptor pipe, String place, int capacity)
            throws IOException {
        try (PipeCopy copy = PipeCopy.of(calls, pipe, place, capacity)) {
            List<byte[]> chunks = new ArrayList<>();
            while (copy.available() > 0) {
                chunks.add(copy.read(capacity));
            }
            return chunks;
        }
    }

    /** Whether a chunk is one packet: reading a byte of it takes all of it away. */
    private static boolean beginsWithPacket(
            SystemCalls calls, FileDescriptor pipe, String place, int capacity, int chunk) throws IOException {
        try (PipeCopy copy = PipeCopy.of(calls, pipe, place, capacity)) {
            copy.skip(chunk, capacity);
            int before = copy.available();
            int length;
            try (PipeCopy whole = PipeCopy.of(calls, pipe, place, capacity)) {
                whole.skip(chunk, capacity);
                length = whole.read(capacity).length;
            }
            copy.read(1);
            return before - copy.available() == length;
        }
    }

    /** Whether the last chunk, which does not begin with a packet, ends with one: it cannot be read in part. */
    private static boolean endsWithPacket(
            SystemCalls calls, FileDescriptor pipe, String place, int capacity, int chunk, int length)
            throws IOException {
        try (PipeCopy copy = PipeCopy.of(calls, pipe, place, capacity)) {
            copy.skip(chunk, capacity);
            copy.read(length - 1);
            return copy.available() == 0;
        }
    }

    void save(ContentStore store, String source, String place, String content) throws IOException {
        if (pieces.isEmpty()) {
            store.savePipe(source, place, capacity, content);
        }
    }

    /** Sizes and fills a new pipe by its writing end. */
    void fill(OpenContext context, int writeEnd, String content) {
        ProgramBuilder program = context.program();
        program.syscall(Syscall.FCNTL, writeEnd, F_SETPIPE_SZ, capacity);
        if (pieces.isEmpty()) {
            Opening.load(context, content, writeEnd, -1);
            return;
        }
        for (Piece piece : pieces) {
            program.syscall(Syscall.FCNTL, writeEnd, F_SETFL, piece.packet() ? SystemCalls.O_DIRECT : 0);
            program.write(imm(writeEnd), piece.bytes());
        }
        program.syscall(Syscall.FCNTL, writeEnd, F_SETFL, 0);
    }
}
