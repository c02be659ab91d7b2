// SPDX-License-Identifier: Apache-2.0
package org.crtools.checkpoint;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.crtools.CrtoolsException;
import org.crtools.ExitCode;
import org.crtools.capture.ContentStore;
import org.crtools.capture.CoreDump;
import org.crtools.capture.CoreDumps;
import org.crtools.capture.TreeCapture;
import org.crtools.freeze.FrozenTree;
import org.crtools.image.ByteString;
import org.crtools.image.Header;
import org.crtools.image.ImageBuilder;
import org.crtools.image.ImageException;
import org.crtools.image.ImageWriter;
import org.crtools.model.Checkpoint;
import org.crtools.model.Json;
import org.crtools.model.LiveProcess;
import org.crtools.plan.TreePlan;
import org.crtools.plan.TreePrograms;
import org.crtools.resource.SharedObject;
import org.crtools.sys.Host;

/** Dumps a tree: all of it, or nothing and the tree runs on as before. */
public final class Dumper {
    /** The image that brings a whole checkpoint back. */
    public static final String TREE_IMAGE = "tree.img";

    private final Host host;
    private final Progress progress;

    public Dumper(Host host) {
        this(host, Progress.SILENT);
    }

    public Dumper(Host host, Progress progress) {
        this.host = host;
        this.progress = progress;
    }

    public DumpResult dump(DumpOptions options) throws CrtoolsException {
        try {
            return tryDump(options);
        } catch (ImageException failure) {
            throw Failures.translate(failure);
        } catch (IOException failure) {
            throw Failures.translate(failure);
        }
    }

    private DumpResult tryDump(DumpOptions options) throws CrtoolsException, IOException, ImageException {
        long begin = System.nanoTime();
        CheckpointFolder.expectFree(options.folder());
        if (!CoreDumps.moduleThere()) {
            throw new CrtoolsException(
                    ExitCode.NO_MODULE, "the kernel module crtools is not loaded (modprobe crtools)");
        }
        try (CheckpointFolder folder = CheckpointFolder.create(options.folder())) {
            new Rehearsal(host, folder).dump(options.root(), options.shellJob());
            return freezeAndDump(options, folder, begin);
        }
    }

    private DumpResult freezeAndDump(DumpOptions options, CheckpointFolder folder, long begin)
            throws CrtoolsException, IOException, ImageException {
        progress.step("freezing process " + options.root() + " and its descendants");
        long frozen = System.nanoTime();
        try (FrozenTree tree = FrozenTree.freeze(
                        options.root(), options.timeout(), host.trace(), host.processes(), host.proc());
                CoreDumps dumps = new CoreDumps()) {
            progress.step("looking at " + tree.processes().size() + " processes");
            Map<Integer, CoreDump> cores = new HashMap<>();
            TreeCapture capture = new TreeCapture(host, options.shellJob());
            Checkpoint checkpoint = capture.capture(tree.processes(), pid -> {
                var dump = dumps.open(pid);
                dump.ifPresent(core -> cores.put(pid, core));
                return dump.map(CoreDump::image);
            });
            if (!capture.refusals().isEmpty()) {
                throw capture.refusal();
            }
            return write(options, folder, tree, checkpoint, cores, begin, frozen);
        }
    }

    private DumpResult write(
            DumpOptions options,
            CheckpointFolder folder,
            FrozenTree tree,
            Checkpoint checkpoint,
            Map<Integer, CoreDump> dumps,
            long begin,
            long frozen)
            throws CrtoolsException, IOException, ImageException {
        Map<Integer, CoreImage> images = new HashMap<>();
        try {
            ContentStore store = new ContentStore(host.files(), folder.path().toString());
            for (SharedObject object : checkpoint.objects()) {
                progress.step("saving " + object.kind() + " " + object.detail());
                object.save(store);
            }
            for (LiveProcess process : checkpoint.live()) {
                progress.step("saving the memory of process " + process.pid() + " (" + (images.size() + 1) + " of "
                        + checkpoint.live().size() + ")");
                images.put(process.pid(), CoreImage.copy(host.files(), process, dumps.get(process.pid()), folder));
            }
            // A tree that is to be killed stays frozen until its checkpoint is safe; the others have waited enough.
            switch (options.after()) {
                case KILL -> {}
                case RUN -> tree.resume();
                case STOP -> tree.leaveStopped();
            }
            long thawed = System.nanoTime();
            progress.step("writing the programs and checksums");
            finish(checkpoint, dumps, images, folder);
            progress.step("bringing it to disk");
            long bytes = size(folder.path());
            folder.commit();
            if (options.after() == DumpOptions.After.KILL) {
                thawed = System.nanoTime();
                tree.kill();
            }
            return new DumpResult(
                    options.folder(),
                    checkpoint.processes().size(),
                    checkpoint.live().stream()
                            .mapToInt(process -> process.threads().size())
                            .sum(),
                    bytes,
                    (thawed - frozen) / 1_000_000,
                    (System.nanoTime() - begin) / 1_000_000);
        } finally {
            for (CoreImage image : images.values()) {
                image.close();
            }
        }
    }

    private static void finish(
            Checkpoint checkpoint,
            Map<Integer, CoreDump> dumps,
            Map<Integer, CoreImage> images,
            CheckpointFolder folder)
            throws CrtoolsException, IOException, ImageException {
        TreePrograms programs = TreePlan.plan(checkpoint);
        for (Map.Entry<Integer, CoreImage> entry : images.entrySet()) {
            entry.getValue().finish(programs.cores().get(entry.getKey()));
        }
        Header root = dumps.get(checkpoint.root().pid()).image().header();
        ImageBuilder tree = new ImageBuilder(Header.tree(
                        root.createdNs(), root.monotonicNs(), root.boottimeNs(), root.pid(), root.release()))
                .program(programs.tree())
                .model(ByteString.of(Json.write(ModelJson.of(checkpoint))));
        try (FileChannel channel = folder.createImage(TREE_IMAGE)) {
            ImageWriter.write(channel, tree.build());
        }
    }

    /** Bytes that all files take on disk. */
    private long size(Path folder) throws IOException {
        List<Path> files = new ArrayList<>();
        try (Stream<Path> entries = Files.list(folder)) {
            entries.forEach(files::add);
        }
        long bytes = 0;
        for (Path file : files) {
            bytes += host.files().status(ByteString.of(file.toString())).allocated();
        }
        return bytes;
    }
}
