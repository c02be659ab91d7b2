// SPDX-License-Identifier: Apache-2.0
package org.crtools.vm;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicContainer;
import org.junit.jupiter.api.DynamicNode;

/**
 * The guest tests as the host's JUnit sees them: a container for each kernel, a test for each test that runs in its
 * machine, as it runs. As many machines run at once as {@code vm run} lets run, the longest first, so that none of them is
 * left to run alone in the end.
 *
 * @param top the project's folder
 * @param kernels names, comma separated; empty for all
 * @param tags JUnit tag expression
 * @param classes regular expression of class names
 * @param limit how long one machine may run
 */
public record GuestTests(Path top, String kernels, String tags, String classes, Duration limit) {

    /** Longest time for one test method, in seconds: only to end one that hangs. */
    private static final int TEST_SECONDS = 900;

    /** What {@code vm run} allows; those beyond it would only wait. */
    private static final int AT_ONCE = 2;

    /**
     * Processors of the first kernel's machine, for what only shows with more than one. The others have one, which
     * waits for no other to have its turn.
     */
    private static final int SEVERAL = 2;

    private static final String JAVA = "java -XX:TieredStopAtLevel=1 -XX:+UseSerialGC -Xshare:auto -Xmx768m"
            + " -cp '/put/classes:/put/test-classes:/put/lib/*' org.crtools.guest.GuestMain /put/test-classes '%s' '%s' %d";

    /** The containers; starts the machines. */
    public Stream<DynamicNode> nodes() throws IOException {
        Path results = Files.createDirectories(target().resolve("results"));
        List<DynamicNode> containers = new ArrayList<>();
        ExecutorService machines = Executors.newFixedThreadPool(AT_ONCE, task -> {
            Thread thread = new Thread(task, "machines");
            thread.setDaemon(true);
            return thread;
        });
        for (Kernel kernel : Kernels.read(vmTests().resolve("kernels.list")).longestFirst(kernels)) {
            int processors = containers.isEmpty() ? SEVERAL : 1;
            GuestRun run = new GuestRun(
                    kernel.name(),
                    machine(kernel, results).withCpus(processors),
                    command(kernel),
                    results.resolve(kernel.name() + ".tsv"));
            run.start(machines);
            containers.add(DynamicContainer.dynamicContainer(kernel.name(), run.tests()));
        }
        machines.shutdown();
        return containers.stream();
    }

    private String command(Kernel kernel) {
        return String.format(JAVA, kernel.tags(tags), classes, TEST_SECONDS);
    }

    private Machine machine(Kernel kernel, Path results) {
        return Machine.of(vmTests(), kernel)
                .withTime(limit)
                .withLog(results.resolve(kernel.name() + ".log"))
                .withPut(
                        built(module(kernel), "make -C kmod KDIR=$(vm-tests/vm kdir NAME) OUT=$PWD/kmod/build/NAME"),
                        "/put/")
                .withPut(built(vmTests().resolve("workloads/build"), "make -C vm-tests/workloads"), "/put/workloads")
                .withPut(vmTests().resolve("workloads/workloads.list"), "/put/")
                .withPut(vmTests().resolve("workloads/real"), "/put/real")
                .withPut(built(top.resolve("java-tools/target/crtools.jar"), "mvn package"), "/put/")
                .withPut(built(target().resolve("guest-lib"), "mvn package"), "/put/lib")
                .withPut(built(target().resolve("classes"), "mvn package"), "/put/classes")
                .withPut(built(target().resolve("test-classes"), "mvn package"), "/put/test-classes");
    }

    private Path module(Kernel kernel) {
        return top.resolve("kmod/build").resolve(kernel.name()).resolve("crtools.ko");
    }

    private static Path built(Path file, String how) {
        if (!Files.exists(file)) {
            throw new IllegalStateException(file + " is missing; it is made by: " + how);
        }
        return file;
    }

    private Path vmTests() {
        return top.resolve("vm-tests");
    }

    private Path target() {
        return vmTests().resolve("target");
    }
}
