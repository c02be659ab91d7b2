// SPDX-License-Identifier: Apache-2.0
package org.crtools.cli;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.crtools.CrtoolsException;
import org.crtools.ExitCode;
import org.crtools.checkpoint.Checkpoints;
import org.crtools.checkpoint.Dumper;
import org.crtools.checkpoint.Failures;
import org.crtools.checkpoint.Progress;
import org.crtools.checkpoint.Starter;
import org.crtools.fault.FaultPoint;
import org.crtools.fault.Faults;
import org.crtools.image.Image;
import org.crtools.image.ImageException;
import org.crtools.image.ImageReader;
import org.crtools.sys.Host;
import org.crtools.sys.SystemCallException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;
import picocli.CommandLine.Spec;

/** crtools restore */
@Command(
        name = "restore",
        description = "Brings a dumped tree back, and ends as its first process ends.",
        mixinStandardHelpOptions = true)
final class RestoreCommand extends Verbose {
    @Spec
    private CommandSpec spec;

    @ParentCommand
    private Main main;

    @Parameters(arity = "0..1", paramLabel = "DIR", description = "The folder of the checkpoint.")
    private Path folder;

    @Option(
            names = {"-D", "--images-dir"},
            paramLabel = "DIR",
            description = "The same as an option.")
    private Path imagesDir;

    @Option(
            names = {"-d", "--restore-detached"},
            description = "End as soon as the tree runs.")
    private boolean detach;

    @Option(names = "--new-pidns", description = "Restore into a new pid namespace, where every pid is free.")
    private boolean newPidNamespace;

    @Option(names = "--new-pids", description = "Let the processes have new pids.")
    private boolean newPids;

    @Option(
            names = {"-s", "--leave-stopped"},
            description = "Leave the tree stopped.")
    private boolean leaveStopped;

    @Option(
            names = {"-j", "--shell-job"},
            description = "The tree gets the session and terminal of the caller; needed if it was dumped so.")
    private boolean shellJob;

    @Mixin
    private FaultOption faults;

    @Option(names = "--verify", description = "Compare all memory contents with their checksums first.")
    private boolean verify;

    @Override
    public Integer call() throws CrtoolsException {
        if ((folder == null) == (imagesDir == null)) {
            throw new ParameterException(spec.commandLine(), "give one DIR");
        }
        Path checkpoint = folder == null ? imagesDir : folder;
        Faults injected = faults.isPresent() ? faults.load().faults() : Faults.NONE;
        // Nothing of it is shown any more when the image gets the terminal.
        try (TerminalProgress progress = TerminalProgress.start()) {
            validate(checkpoint, progress);
        }
        List<String> options = new ArrayList<>();
        if (detach) {
            options.add("--detach");
        }
        if (newPidNamespace) {
            options.add("--new-pidns");
        }
        if (newPids) {
            options.add("--new-pids");
        }
        if (leaveStopped) {
            options.add("--leave-stopped");
        }
        try {
            injected.pass(FaultPoint.RESTORE_CHECKED);
        } catch (SystemCallException failure) {
            throw Failures.translate(failure);
        }
        Path tree = checkpoint.resolve(Dumper.TREE_IMAGE);
        if (main.isReplaceable() && !faults.isPresent()) {
            throw Starter.replace(tree, options, Host.load());
        }
        return Starter.run(tree, options, injected);
    }

    private void validate(Path checkpoint, Progress progress) throws CrtoolsException {
        // Below a folder that may not be searched it is neither there nor missing: the reader tells that.
        if (Files.notExists(checkpoint) || Files.isRegularFile(checkpoint)) {
            throw new CrtoolsException(ExitCode.FAILED, "there is no folder " + checkpoint);
        }
        Image tree = Checkpoints.read(checkpoint.resolve(Dumper.TREE_IMAGE));
        Map<String, Object> model = Checkpoints.model(tree);
        if (Boolean.TRUE.equals(model.get("shell_job")) && !shellJob) {
            throw new CrtoolsException(
                    ExitCode.USAGE, "the tree was dumped with --shell-job and can only be restored with it");
        }
        List<String> names = Checkpoints.coreImages(model);
        for (int i = 0; i < names.size(); i++) {
            Path path = checkpoint.resolve(names.get(i));
            progress.step("checking " + names.get(i) + " (" + (i + 1) + " of " + names.size() + ")");
            Image core = Checkpoints.read(path);
            Checkpoints.expectMappedFiles(path, core);
            if (verify) {
                verify(path, core);
            }
        }
    }

    private static void verify(Path path, Image image) throws CrtoolsException {
        try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ)) {
            ImageReader.verify(channel, image);
        } catch (ImageException failure) {
            throw new CrtoolsException(ExitCode.CORRUPT, path + ": " + failure.getMessage(), failure);
        } catch (IOException failure) {
            throw Failures.translate(failure);
        }
    }
}
