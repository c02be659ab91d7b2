// SPDX-License-Identifier: Apache-2.0
package org.crtools.cli;

import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.crtools.CrtoolsException;
import org.crtools.checkpoint.Checkpoints;
import org.crtools.checkpoint.Dumper;
import org.crtools.image.Image;
import org.crtools.image.ProgramPrinter;
import org.crtools.model.Json;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** crtools show: loads no native code. */
@Command(name = "show", description = "Tells what a checkpoint or an image holds.", mixinStandardHelpOptions = true)
final class ShowCommand extends Verbose {
    @Spec
    private CommandSpec spec;

    @Parameters(index = "0", paramLabel = "DIR|IMAGE", description = "The folder of a checkpoint, or one image.")
    private Path path;

    @Option(names = "--json", description = "As JSON.")
    private boolean json;

    @Option(names = "--program", description = "Print the restore programs, as one reads the output of strace.")
    private boolean program;

    @Override
    public Integer call() throws CrtoolsException {
        PrintWriter out = spec.commandLine().getOut();
        boolean folder = Files.isDirectory(path);
        Image first = Checkpoints.read(folder ? path.resolve(Dumper.TREE_IMAGE) : path);
        Map<String, Object> model = Checkpoints.model(first);
        List<Path> cores = new ArrayList<>();
        if (folder) {
            Checkpoints.coreImages(model).forEach(name -> cores.add(path.resolve(name)));
        }
        if (program) {
            printProgram(out, folder ? path.resolve(Dumper.TREE_IMAGE) : path, first);
            for (Path core : cores) {
                printProgram(out, core, Checkpoints.read(core));
            }
        } else if (json) {
            List<Object> images = new ArrayList<>();
            images.add(ImageView.json(first));
            for (Path core : cores) {
                images.add(ImageView.json(Checkpoints.read(core)));
            }
            out.print(Json.pretty(Json.object("model", model, "images", images)));
        } else {
            if (!model.isEmpty()) {
                new TreeView(out).print(model);
            }
            if (!folder) {
                new ImageView(out).print(path, first);
            }
            for (Path core : cores) {
                out.println();
                new ImageView(out).print(core, Checkpoints.read(core));
            }
        }
        out.flush();
        return 0;
    }

    private static void printProgram(PrintWriter out, Path path, Image image) {
        out.println(path + ":");
        out.print(image.program().map(ProgramPrinter::print).orElse("no program\n"));
    }
}
