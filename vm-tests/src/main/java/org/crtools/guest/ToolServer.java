// SPDX-License-Identifier: Apache-2.0
package org.crtools.guest;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.crtools.cli.Main;

/**
 * Runs crtools commands one after the other in one JVM: the start of a JVM costs seconds under emulation. What the
 * commands print goes where the server's own output goes. See {@link Tools}, its client.
 */
final class ToolServer {

    private ToolServer() {}

    /** @param arguments the socket to listen at */
    public static void main(String[] arguments) throws IOException {
        try (ServerSocketChannel listener = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
            listener.bind(UnixDomainSocketAddress.of(Path.of(arguments[0])));
            while (true) {
                try (SocketChannel client = listener.accept()) {
                    serve(client);
                }
            }
        }
    }

    /** A request is the arguments, each with a NUL at its end, to the end of the stream; the answer is the exit code. */
    private static void serve(SocketChannel client) throws IOException {
        ByteArrayOutputStream request = new ByteArrayOutputStream();
        ByteBuffer buffer = ByteBuffer.allocate(1 << 16);
        while (client.read(buffer) >= 0) {
            buffer.flip();
            request.write(buffer.array(), 0, buffer.limit());
            buffer.clear();
        }
        String text = request.toString(StandardCharsets.UTF_8);
        if (text.isEmpty()) {
            return; // Somebody who only wanted to know whether the server is up.
        }
        int code = Main.run(text.substring(0, text.length() - 1).split("\0", -1));
        System.out.flush();
        System.err.flush();
        client.write(ByteBuffer.wrap(Integer.toString(code).getBytes(StandardCharsets.US_ASCII)));
    }
}
