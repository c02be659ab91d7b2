// SPDX-License-Identifier: Apache-2.0
package org.crtools.capture;

import java.io.IOException;
import java.nio.channels.FileChannel;
import org.crtools.image.Image;

/**
 * The dump file of a frozen process: its metadata, read already, and its page data, still to be copied.
 *
 * @param channel the open /proc/PID/dump
 */
public record CoreDump(int pid, FileChannel channel, Image image) implements AutoCloseable {
    @Override
    public void close() throws IOException {
        channel.close();
    }
}
