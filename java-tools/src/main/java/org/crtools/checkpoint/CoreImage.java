// SPDX-License-Identifier: Apache-2.0
package org.crtools.checkpoint;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.util.List;
import java.util.Map;
import org.crtools.capture.CoreDump;
import org.crtools.fault.FaultPoint;
import org.crtools.image.Format;
import org.crtools.image.Image;
import org.crtools.image.ImageBuilder;
import org.crtools.image.ImageException;
import org.crtools.image.ImageLayout;
import org.crtools.image.ImageWriter;
import org.crtools.image.PageData;
import org.crtools.image.Segment;
import org.crtools.image.Vma;
import org.crtools.image.VmaTable;
import org.crtools.model.LiveProcess;
import org.crtools.plan.TreePrograms;
import org.crtools.sys.Host;

/** A core image on its way into the checkpoint: first its page data, while the process is frozen, then the rest. */
final class CoreImage implements AutoCloseable {
    /** What the program adds, at most: operations of a process, of each thread, descriptor and mapping, and data. */
    private static final int OP_BYTES = 128;

    private static final int FIXED_OPS = 240;
    private static final int OPS_PER_THREAD = 4;
    private static final int FIXED_DATA = 16384;
    private static final int DATA_PER_THREAD = 2048;
    private static final int DATA_PER_DESCRIPTOR = 64;
    private static final int BYTES_PER_CHECKSUM = 4;

    private final Image dumped;
    private final FileChannel channel;
    private final long metaSize;
    private final List<Segment> placed;

    private CoreImage(Image dumped, FileChannel channel, long metaSize, List<Segment> placed) {
        this.dumped = dumped;
        this.channel = channel;
        this.metaSize = metaSize;
        this.placed = placed;
    }

    /** Copies the page data of a frozen process, but for memory that is saved as an object of its own. */
    static CoreImage copy(Host host, LiveProcess process, CoreDump dump, CheckpointFolder folder)
            throws IOException, ImageException {
        Image image = dump.image();
        SegmentChoice choice = new SegmentChoice(host.files(), process);
        choice.choose(image);
        long metaSize = room(process, image);
        List<Segment> placed = ImageLayout.place(choice.wanted(), metaSize);
        FileChannel channel = folder.createImage(process.coreImage());
        CoreImage core = new CoreImage(image, channel, metaSize, placed);
        try {
            host.faults().pass(FaultPoint.CORE_CREATED);
            List<Segment> target =
                    placed.stream().filter(segment -> segment.fileSize() != 0).toList();
            PageData.copy(dump.channel(), choice.source(), channel, target);
            host.faults().pass(FaultPoint.CORE_COPIED);
            return core;
        } catch (IOException | ImageException | RuntimeException failure) {
            core.close();
            throw failure;
        }
    }

    private static long room(LiveProcess process, Image image) {
        long threads = process.threads().size();
        long descriptors =
                process.descriptors().size() + process.sharedMappings().size();
        long ops = FIXED_OPS + OPS_PER_THREAD * threads + descriptors;
        long paths =
                process.workingDirectory().length() + process.rootDirectory().length();
        return ImageLayout.roundUp(ImageLayout.metaSize(image)
                + ops * OP_BYTES
                + FIXED_DATA
                + 2 * paths
                + DATA_PER_THREAD * threads
                + DATA_PER_DESCRIPTOR * descriptors
                + (long) BYTES_PER_CHECKSUM * image.segments().size());
    }

    /** Writes everything else. */
    void finish(TreePrograms.Core core) throws ImageException {
        VmaTable table = dumped.vmas().orElseThrow();
        Map<Long, Integer> descriptors = core.descriptors();
        List<Vma> vmas = table.vmas().stream()
                .map(vma -> descriptors.containsKey(vma.start())
                        ? vma.fromDescriptor(descriptors.get(vma.start()), vma.offset())
                        : vma)
                .toList();
        Image image = new ImageBuilder(dumped)
                .header(dumped.header().withFlags(dumped.header().flags() | Format.CRT_HDR_KEEP_TIDS))
                .segments(placed)
                .vmas(new VmaTable(vmas, table.files()))
                .program(core.program())
                .checksum(PageData.checksum(channel, placed))
                .build();
        ImageWriter.writeMetadata(channel, image, metaSize);
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }
}
