// SPDX-License-Identifier: Apache-2.0
package org.crtools.cli;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.crtools.CrtoolsException;
import org.crtools.ExitCode;
import org.crtools.checkpoint.Checkpoints;
import org.crtools.checkpoint.Starter;
import org.crtools.fault.Faults;
import org.crtools.sys.Host;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;

/** crtools exec */
@Command(
        name = "exec",
        description = "Checks an image and executes it, with the descriptors of the caller.",
        mixinStandardHelpOptions = true)
final class ExecCommand extends Verbose {
    @ParentCommand
    private Main main;

    @Parameters(index = "0", paramLabel = "IMAGE", description = "A core image or a tree image.")
    private Path image;

    @Parameters(index = "1..*", paramLabel = "OPTION", description = "Options of a tree image.")
    private List<String> options = List.of();

    @Override
    public Integer call() throws CrtoolsException {
        Checkpoints.expectMappedFiles(image, Checkpoints.read(image));
        if (!Files.isExecutable(image)) {
            throw new CrtoolsException(ExitCode.PERMISSION, image + " is not executable (chmod u+x)");
        }
        if (main.isReplaceable()) {
            throw Starter.replace(image, options, Host.load());
        }
        return Starter.run(image, options, Faults.NONE);
    }
}
