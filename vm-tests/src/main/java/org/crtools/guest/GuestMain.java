// SPDX-License-Identifier: Apache-2.0
package org.crtools.guest;

import static org.junit.platform.engine.discovery.ClassNameFilter.includeClassNamePatterns;
import static org.junit.platform.engine.discovery.DiscoverySelectors.selectClasspathRoots;

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import org.crtools.vm.GuestEvent;
import org.junit.platform.engine.discovery.PackageNameFilter;
import org.junit.platform.launcher.LauncherDiscoveryRequest;
import org.junit.platform.launcher.TagFilter;
import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder;
import org.junit.platform.launcher.core.LauncherFactory;

/**
 * Runs the guest tests in one JVM inside the machine and tells the host of each on standard output ({@link GuestEvent}).
 * Loading and unloading the module are reported as tests too. Exits 0 when all ran, whatever their outcome; the host
 * judges.
 */
public final class GuestMain {

    private static final Path MODULE = Path.of("/put/crtools.ko");
    private static final String MODULE_NAME = "crtools";

    private GuestMain() {}

    /**
     * @param arguments folder of the test classes, tag expression, regular expression of class names, seconds a test
     *     method may take
     */
    public static void main(String[] arguments) throws IOException {
        PrintStream host = new PrintStream(new FileOutputStream(FileDescriptor.out), true, StandardCharsets.UTF_8);
        Reporter reporter = new Reporter(host, KernelLog.open());
        boolean module = Files.exists(MODULE);
        boolean loaded = !module
                || reporter.check(
                        "module/load",
                        () -> Command.of("insmod", MODULE.toString()).run().ok());
        if (loaded) {
            LauncherFactory.create().execute(request(arguments), reporter);
            if (module) {
                reporter.check(
                        "module/unload",
                        () -> Command.of("rmmod", MODULE_NAME).run().ok());
            }
        }
        reporter.end();
        // A test may have left a thread behind; it must not hold the machine up.
        host.flush();
        Runtime.getRuntime().halt(0);
    }

    private static LauncherDiscoveryRequest request(String[] arguments) {
        LauncherDiscoveryRequestBuilder request = LauncherDiscoveryRequestBuilder.request()
                .selectors(selectClasspathRoots(Set.of(Path.of(arguments[0]))))
                .filters(PackageNameFilter.includePackageNames("org.crtools.guest"))
                .filters(includeClassNamePatterns(arguments[2]))
                // A hung test must not take the others with it: it is interrupted from outside.
                .configurationParameter("junit.jupiter.execution.timeout.default", arguments[3] + " s")
                .configurationParameter("junit.jupiter.execution.timeout.thread.mode.default", "SEPARATE_THREAD");
        if (!arguments[1].isBlank()) {
            request.filters(TagFilter.includeTags(arguments[1]));
        }
        return request.build();
    }
}
