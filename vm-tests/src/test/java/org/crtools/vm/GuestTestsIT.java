// SPDX-License-Identifier: Apache-2.0
package org.crtools.vm;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicNode;
import org.junit.jupiter.api.TestFactory;

/** Runs the guest tests on the chosen kernels. */
class GuestTestsIT {

    @TestFactory
    Stream<DynamicNode> guest() throws IOException {
        return new GuestTests(
                        Path.of(property("top")).toRealPath(),
                        property("kernels"),
                        property("guest.tags"),
                        property("guest.classes"),
                        Duration.ofSeconds(Long.parseLong(property("guest.time"))))
                .nodes();
    }

    private static String property(String name) {
        return System.getProperty("crtools." + name, "");
    }
}
