// SPDX-License-Identifier: Apache-2.0
package org.crtools.checkpoint;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.crtools.CrtoolsException;
import org.crtools.capture.TreeCapture;
import org.crtools.freeze.FrozenTree;
import org.crtools.image.ByteString;
import org.crtools.image.Format;
import org.crtools.image.Header;
import org.crtools.image.Image;
import org.crtools.image.ImageBuilder;
import org.crtools.image.ImageException;
import org.crtools.image.ImageReader;
import org.crtools.image.ImageWriter;
import org.crtools.image.PageData;
import org.crtools.image.Segment;
import org.crtools.model.Checkpoint;
import org.crtools.model.Json;
import org.crtools.plan.TreePlan;
import org.crtools.sys.Host;

/**
 * Most of a dump, of a process that runs on, thrown away: what a JVM loads and compiles on first use is then there when
 * a tree is frozen. Failures mean nothing, the dump proper will tell.
 */
final class Rehearsal {
    /** No process has it: over the highest pid of any kernel. */
    private static final int NOBODY = Integer.MAX_VALUE;

    private static final String IMAGE = "rehearsal.img";
    private static final String COPY = "rehearsal.data";

    private final Host host;
    private final CheckpointFolder folder;

    Rehearsal(Host host, CheckpointFolder folder) {
        this.host = host;
        this.folder = folder;
    }

    /** Leaves nothing in the folder. */
    void dump(int pid, boolean shellJob) throws IOException {
        Optional<Checkpoint> model = TreeCapture.rehearse(host, shellJob, pid);
        freeze();
        try {
            if (model.isPresent()) {
                write(pid, model.get());
                read();
            }
        } catch (CrtoolsException | ImageException | IOException | RuntimeException ignored) {
            return;
        } finally {
            Files.deleteIfExists(folder.path().resolve(IMAGE));
            Files.deleteIfExists(folder.path().resolve(COPY));
        }
    }

    private void freeze() {
        try {
            FrozenTree.freeze(NOBODY, Duration.ZERO, host).close();
        } catch (CrtoolsException | IOException expected) {
            return;
        }
    }

    private void write(int pid, Checkpoint model) throws CrtoolsException, ImageException, IOException {
        ImageBuilder image = new ImageBuilder(Header.tree(0, 0, 0, pid, model.release()))
                .program(TreePlan.plan(model).tree())
                .model(ByteString.of(Json.write(ModelJson.of(model))));
        try (FileChannel channel = folder.createImage(IMAGE)) {
            ImageWriter.write(channel, image.build());
        }
    }

    private void read() throws ImageException, IOException {
        Path path = folder.path().resolve(IMAGE);
        try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ);
                FileChannel copy = folder.createImage(COPY)) {
            Image image = ImageReader.read(channel);
            image.vmas();
            List<Segment> page = List.of(new Segment(0, Format.CRT_PAGE_SIZE, Format.CRT_PAGE_SIZE, 0, 0));
            PageData.copy(channel, page, copy, page);
            PageData.checksum(copy, page);
        }
    }
}
