// SPDX-License-Identifier: Apache-2.0
package org.crtools.checkpoint;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryIteratorException;
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
import org.crtools.fault.FaultPoint;
import org.crtools.fault.Faults;
import org.crtools.freeze.FrozenTree;
import org.crtools.image.ByteString;
import org.crtools.image.Header;
import org.crtools.image.ImageBuilder;
import org.crtools.image.ImageException;
import org.crtools.image.ImageTooBig;
import org.crtools.image.ImageWriter;
import org.crtools.model.Checkpoint;
import org.crtools.model.Json;
import org.crtools.model.LiveProcess;
import org.crtools.plan.TreePlan;
import org.crtools.plan.TreePrograms;
import org.crtools.resource.SharedObject;
import org.crtools.sys.Host;
import org.crtools.sys.PathBytes;

/** Dumps a tree: all of it, or nothing and the tree runs on as before. */
public final class Dumper {
    /** The image that brings a whole checkpoint back. */
    public static final String TREE_IMAGE = "tree.img";

    private final Host host;
    private final Faults faults;
    private final Progress progress;

    public Dumper(Host host) {
        this(host, Progress.SILENT);
    }

    public Dumper(Host host, Progress progress) {
        this.host = host;
        this.faults = host.faults();
        this.progress = progress;
    }

    public DumpResult dump(DumpOptions options) throws CrtoolsException {
        try {
            return tryDump(options);
        } catch (ImageTooBig failure) {
            throw new CrtoolsException(ExitCode.UNSUPPORTED, failure.getMessage(), failure);
        } catch (ImageException failure) {
            throw Failures.translate(failure);
        } catch (IOException failure) {
            throw Failures.translate(failure);
        } catch (UncheckedIOException | DirectoryIteratorException failure) {
            // A folder that cannot be read to its end.
            throw Failures.translate((IOException) failure.getCause());
        }
    }

    private DumpResult tryDump(DumpOptions options) throws CrtoolsException, IOException, ImageException {
        long begin = System.nanoTime();
        CheckpointFolder.expectFree(options.folder());
        CoreDumps.expectModule();
        try (CheckpointFolder folder = CheckpointFolder.create(options.folder(), host)) {
            faults.pass(FaultPoint.FOLDER_CREATED);
            new Rehearsal(host.with(Faults.NONE), folder).dump(options.root(), options.shellJob());
            faults.pass(FaultPoint.REHEARSED);
            return freezeAndDump(options, folder, begin);
        }
    }

    private DumpResult freezeAndDump(DumpOptions options, CheckpointFolder folder, long begin)
            throws CrtoolsException, IOException, ImageException {
        progress.step("freezing process " + options.root() + " and its descendants");
        long frozen = System.nanoTime();
        try (FrozenTree tree = FrozenTree.freeze(options.root(), options.timeout(), host);
                CoreDumps dumps = new CoreDumps(host.files())) {
            faults.pass(FaultPoint.TREE_FROZEN);
            progress.step("looking at " + tree.processes().size() + " processes");
            Map<Integer, CoreDump> cores = new HashMap<>();
            TreeCapture capture = new TreeCapture(host, options.shellJob());
            Checkpoint checkpoint = capture.capture(tree.processes(), pid -> {
                var dump = dumps.open(pid);
                faults.pass(FaultPoint.CORE_OPENED);
                dump.ifPresent(core -> cores.put(pid, core));
                return dump.map(CoreDump::image);
            });
            if (!capture.refusals().isEmpty()) {
                throw capture.refusal();
            }
            faults.pass(FaultPoint.TREE_CAPTURED);
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
            ContentStore store = new ContentStore(host, PathBytes.of(folder.path()));
            for (SharedObject object : checkpoint.objects()) {
                progress.step("saving " + object.kind() + " " + object.detail());
                object.save(store);
                faults.pass(FaultPoint.OBJECT_SAVED);
            }
            for (LiveProcess process : checkpoint.live()) {
                progress.step("saving the memory of process " + process.pid() + " (" + (images.size() + 1) + " of "
                        + checkpoint.live().size() + ")");
                images.put(process.pid(), CoreImage.copy(host, process, dumps.get(process.pid()), folder));
            }
            // One that runs on has waited enough. The others stay frozen until the checkpoint is safe: till then a
            // failure lets them go on.
            if (options.after() == DumpOptions.After.RUN) {
                tree.resume();
            }
            long thawed = System.nanoTime();
            progress.step("writing the programs and checksums");
            finish(checkpoint, dumps, images, folder);
            progress.step("bringing it to disk");
            long bytes = size(folder.path());
            folder.commit();
            switch (options.after()) {
                case RUN -> {}
                case STOP -> {
                    tree.leaveStopped();
                    thawed = System.nanoTime();
                }
                case KILL -> {
                    thawed = System.nanoTime();
                    tree.kill();
                }
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

    private void finish(
            Checkpoint checkpoint,
            Map<Integer, CoreDump> dumps,
            Map<Integer, CoreImage> images,
            CheckpointFolder folder)
            throws CrtoolsException, IOException, ImageException {
        TreePrograms programs = TreePlan.plan(checkpoint);
        faults.pass(FaultPoint.PROGRAMS_PLANNED);
        for (Map.Entry<Integer, CoreImage> entry : images.entrySet()) {
            entry.getValue().finish(programs.cores().get(entry.getKey()));
            faults.pass(FaultPoint.CORE_FINISHED);
        }
        Header root = dumps.get(checkpoint.root().pid()).image().header();
        ImageBuilder tree = new ImageBuilder(Header.tree(
                        root.createdNs(), root.monotonicNs(), root.boottimeNs(), root.pid(), root.release()))
                .program(programs.tree())
                .model(ByteString.of(Json.write(ModelJson.of(checkpoint))));
        try (FileChannel channel = folder.createImage(TREE_IMAGE)) {
            faults.pass(FaultPoint.TREE_CREATED);
            ImageWriter.write(channel, tree.build());
            faults.pass(FaultPoint.TREE_WRITTEN);
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
            bytes += host.files().status(PathBytes.of(file)).allocated();
        }
        return bytes;
    }
}
