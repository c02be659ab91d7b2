// SPDX-License-Identifier: Apache-2.0
package org.crtools.capture;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.crtools.fault.FaultPoint;
import org.crtools.fault.Faults;
import org.crtools.image.ByteString;
import org.crtools.sys.FileDescriptor;
import org.crtools.sys.Host;
import org.crtools.sys.SystemCalls;

/** The folder of a checkpoint that is being made: contents of files and pipes go there, readable by the owner only. */
public final class ContentStore {
    private static final int OWNER_ONLY = 0600;

    private final SystemCalls calls;
    private final Faults faults;
    private final byte[] folder;

    /** @param folder its path */
    public ContentStore(Host host, ByteString folder) {
        this.calls = host.files();
        this.faults = host.faults();
        this.folder = folder.toBytes();
    }

    /**
     * Copies a file, its holes left out.
     *
     * @param size bytes
     */
    public void saveFile(String source, String place, long size, String name) throws IOException {
        try (FileDescriptor from = calls.open(source, SystemCalls.O_RDONLY | SystemCalls.O_NONBLOCK);
                FileDescriptor to = create(name)) {
            faults.pass(FaultPoint.CONTENTS_CREATED);
            calls.truncate(to, name, size);
            long at = 0;
            while (at < size) {
                long data = calls.seekData(from, place, at);
                if (data < 0 || data >= size) {
                    break;
                }
                long hole = Math.min(size, calls.seekHole(from, place, data));
                calls.seek(to, name, data);
                calls.sendFile(from, data, to, hole - data, place);
                faults.pass(FaultPoint.CONTENTS_WRITTEN);
                at = hole;
            }
        }
    }

    /** Copies what is in a pipe, which keeps it. */
    public void savePipe(String source, String place, int capacity, String name) throws IOException {
        FileDescriptor[] own = calls.pipe();
        try (FileDescriptor from = calls.open(source, SystemCalls.O_RDONLY | SystemCalls.O_NONBLOCK);
                FileDescriptor readEnd = own[0];
                FileDescriptor writeEnd = own[1];
                FileDescriptor to = create(name)) {
            faults.pass(FaultPoint.CONTENTS_CREATED);
            calls.setPipeSize(writeEnd, place, capacity);
            long left = calls.tee(from, writeEnd, place, Integer.MAX_VALUE);
            long offset = 0;
            while (left > 0) {
                byte[] bytes = calls.read(readEnd, place, capacity);
                calls.writeAt(to, name, bytes, offset);
                faults.pass(FaultPoint.CONTENTS_WRITTEN);
                offset += bytes.length;
                left -= bytes.length;
            }
        }
    }

    private FileDescriptor create(String name) throws IOException {
        byte[] end = ("/" + name).getBytes(StandardCharsets.US_ASCII);
        byte[] path = Arrays.copyOf(folder, folder.length + end.length);
        System.arraycopy(end, 0, path, folder.length, end.length);
        return calls.open(
                ByteString.of(path), SystemCalls.O_WRONLY | SystemCalls.O_CREAT | SystemCalls.O_EXCL, OWNER_ONLY);
    }
}
