// SPDX-License-Identifier: Apache-2.0
package org.crtools.vm;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;

/** The kernel list, {@code vm-tests/kernels.list}. */
public final class Kernels {

    private static final int COLUMNS = 5;

    private final List<Kernel> all;

    private Kernels(List<Kernel> all) {
        this.all = List.copyOf(all);
    }

    /**
     * Reads a kernel list.
     *
     * @throws IllegalArgumentException a line has not five columns, or its last is not one of {@link Kernel.Scope}
     */
    public static Kernels read(Path file) throws IOException {
        return parse(Files.readAllLines(file));
    }

    static Kernels parse(List<String> lines) {
        List<Kernel> kernels = new ArrayList<>();
        for (String line : lines) {
            String text = line.replaceFirst("#.*", "").strip();
            if (text.isEmpty()) {
                continue;
            }
            String[] columns = text.split("\\s+");
            if (columns.length != COLUMNS) {
                throw new IllegalArgumentException(
                        "a kernel's line has " + COLUMNS + " columns, not " + columns.length + ": " + text);
            }
            kernels.add(new Kernel(columns[0], Kernel.Scope.valueOf(columns[4].toUpperCase(Locale.ROOT))));
        }
        return new Kernels(kernels);
    }

    public List<Kernel> all() {
        return all;
    }

    /**
     * The kernels of a comma-separated list of names, in that order; for an empty list those that guest tests are for.
     *
     * @throws IllegalArgumentException a name is not in the list
     */
    public List<Kernel> select(String names) {
        if (names.isBlank()) {
            return all.stream()
                    .filter(kernel -> switch (kernel.scope()) {
                        case FULL, KERNEL -> true;
                        case MODULE, ASKED -> false;
                    })
                    .toList();
        }
        return Arrays.stream(names.split(","))
                .map(String::strip)
                .map(name -> all.stream()
                        .filter(kernel -> kernel.name().equals(name))
                        .findFirst()
                        .orElseThrow(() -> new IllegalArgumentException("unknown kernel '" + name + "'; known: "
                                + all.stream().map(Kernel::name).toList())))
                .toList();
    }

    /**
     * The same, those whose tests take longest first: the ones with all tests, and among those the newest, as the list
     * begins with the oldest (a newer kernel does more, and under emulation that shows).
     */
    public List<Kernel> longestFirst(String names) {
        List<Kernel> selected = select(names);
        List<Kernel> chosen = new ArrayList<>(all);
        chosen.removeIf(kernel -> !selected.contains(kernel));
        Collections.reverse(chosen);
        chosen.sort(Comparator.comparing(Kernel::scope));
        return List.copyOf(chosen);
    }
}
