// SPDX-License-Identifier: Apache-2.0
package org.crtools.vm;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

class KernelsTest {

    private static final List<String> LINES =
            List.of("# a comment", "", "one suite image headers full # more", "two  suite\timage headers kernel");

    @Test
    void readsNamesAndScopes() {
        assertEquals(
                List.of(new Kernel("one", Kernel.Scope.FULL), new Kernel("two", Kernel.Scope.KERNEL)),
                Kernels.parse(LINES).all());
    }

    @Test
    void selectsByName() {
        assertEquals(
                List.of(new Kernel("two", Kernel.Scope.KERNEL)),
                Kernels.parse(LINES).select("two"));
        assertEquals(2, Kernels.parse(LINES).select("").size());
        assertThrows(IllegalArgumentException.class, () -> Kernels.parse(LINES).select("two,three"));
    }

    @Test
    void beginsWithTheNewestOfThoseWithAllTests() {
        Kernels kernels = Kernels.parse(List.of(
                "old suite image headers full",
                "part suite image headers kernel",
                "new suite image headers full",
                "asked suite image headers asked"));
        assertEquals(
                List.of("new", "old", "part"),
                kernels.longestFirst("").stream().map(Kernel::name).toList());
        assertEquals(
                List.of("new", "old"),
                kernels.longestFirst("new,old").stream().map(Kernel::name).toList());
    }

    @Test
    void takesSomeKernelsOnlyWhenNamed() {
        Kernels kernels = Kernels.parse(List.of(
                "one suite image headers full", "two suite image headers asked", "three suite image headers module"));
        assertEquals(List.of(new Kernel("one", Kernel.Scope.FULL)), kernels.select(""));
        assertEquals(List.of(new Kernel("two", Kernel.Scope.ASKED)), kernels.select("two"));
        assertEquals("kernel", kernels.all().get(1).tags(""));
    }

    @Test
    void refusesBadLines() {
        assertThrows(IllegalArgumentException.class, () -> Kernels.parse(List.of("one suite image headers")));
        assertThrows(IllegalArgumentException.class, () -> Kernels.parse(List.of("one suite image headers some")));
    }

    @Test
    void readsTheList() throws IOException {
        assertTrue(Kernels.read(Path.of("kernels.list")).all().size() >= 4);
    }

    @Test
    void narrowsTagsForKernelLevelTests() {
        assertEquals("!long", new Kernel("one", Kernel.Scope.FULL).tags("!long"));
        assertEquals("kernel & (!long)", new Kernel("two", Kernel.Scope.KERNEL).tags("!long"));
        assertEquals("kernel", new Kernel("two", Kernel.Scope.KERNEL).tags(""));
    }
}
