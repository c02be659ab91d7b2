// SPDX-License-Identifier: Apache-2.0
package org.crtools.checkpoint;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.crtools.CrtoolsException;
import org.crtools.ExitCode;
import org.crtools.capture.CoreDumps;
import org.crtools.fault.FaultPoint;
import org.crtools.fault.Faults;
import org.crtools.image.ByteString;
import org.crtools.image.Format;
import org.crtools.sys.Errno;
import org.crtools.sys.Host;
import org.crtools.sys.PathBytes;
import org.crtools.sys.SystemCallException;

/** Executes images, with the standard descriptors of this program: as a child of it, or in its place. */
public final class Starter {
    private static final Pattern ERROR = Pattern.compile("error=(\\d+)");

    private Starter() {}

    /**
     * Executes an image in place of this program: who waits for this one, a shell with job control, has it for the job.
     * Does not return but by failing.
     */
    public static CrtoolsException replace(Path image, List<String> options, Host host) throws CrtoolsException {
        CoreDumps.expectModule();
        ByteString path = PathBytes.of(image.toAbsolutePath());
        List<ByteString> arguments = new ArrayList<>();
        arguments.add(path);
        options.forEach(option -> arguments.add(ByteString.of(option)));
        System.out.flush();
        System.err.flush();
        try {
            SystemCallException failure = host.replacement().execute(path, arguments);
            return explain(image, failure.number(), failure);
        } catch (IOException failure) {
            return Failures.translate(failure);
        }
    }

    /**
     * Runs an image to its end.
     *
     * @return its exit status, 128 + n when signal n ended it
     */
    public static int run(Path image, List<String> options, Faults faults) throws CrtoolsException {
        CoreDumps.expectModule();
        List<String> command = new ArrayList<>();
        command.add(image.toAbsolutePath().toString());
        command.addAll(options);
        Process process;
        try {
            process = new ProcessBuilder(command).inheritIO().start();
        } catch (IOException failure) {
            Matcher matcher = ERROR.matcher(String.valueOf(failure.getMessage()));
            throw explain(image, matcher.find() ? Integer.parseInt(matcher.group(1)) : 0, failure);
        }
        // A signal that ends this program is passed on, as from any supervisor.
        Thread passOn = new Thread(process::destroy);
        Runtime.getRuntime().addShutdownHook(passOn);
        try {
            faults.pass(FaultPoint.IMAGE_STARTED);
            return process.waitFor();
        } catch (InterruptedException interrupted) {
            process.destroy();
            Thread.currentThread().interrupt();
            throw new CrtoolsException(ExitCode.FAILED, "interrupted", interrupted);
        } catch (SystemCallException failure) {
            process.destroy();
            throw Failures.translate(failure);
        } finally {
            Runtime.getRuntime().removeShutdownHook(passOn);
        }
    }

    private static CrtoolsException explain(Path image, int number, IOException failure) {
        return switch (number) {
            case Format.CRT_ERR_CORRUPT ->
                new CrtoolsException(ExitCode.CORRUPT, image + " is damaged or truncated", failure);
            case Format.CRT_ERR_VERSION ->
                new CrtoolsException(ExitCode.CORRUPT, image + " is of another version of the image format", failure);
            case Format.CRT_ERR_TOO_BIG ->
                new CrtoolsException(ExitCode.CORRUPT, image + " is damaged: a count in it is over its limit", failure);
            case Format.CRT_ERR_HOST ->
                new CrtoolsException(
                        ExitCode.HOST,
                        image + " was made on another kind of machine (processor, page size, vdso)",
                        failure);
            case Format.CRT_ERR_CHANGED ->
                new CrtoolsException(
                        ExitCode.CHANGED, "a file that " + image + " maps has changed since the dump", failure);
            default -> byErrno(image, Errno.of(number), failure);
        };
    }

    private static CrtoolsException byErrno(Path image, Errno errno, IOException failure) {
        if (errno == Errno.ENOENT) {
            return new CrtoolsException(ExitCode.CHANGED, image + " or a file that it maps is missing", failure);
        }
        if (errno == Errno.EACCES || errno == Errno.EPERM) {
            return new CrtoolsException(
                    ExitCode.PERMISSION, "no permission to execute " + image + " or to map its files", failure);
        }
        if (errno == Errno.ENOMEM) {
            return new CrtoolsException(
                    ExitCode.FAILED, "not enough memory, or a limit is too low for " + image, failure);
        }
        return new CrtoolsException(ExitCode.FAILED, "cannot execute " + image + ": " + failure.getMessage(), failure);
    }
}
