// SPDX-License-Identifier: Apache-2.0
package org.crtools.guest;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Stream;

/** The lines of workloads.list, whose head explains the columns: each is a workload that the tests run. */
public final class WorkloadList {

    private static final Path LIST = Path.of("/put/workloads.list");

    /** What a kernel must be of at least, such as linux-6.10. */
    private static final String RELEASE = "linux-";

    /** Protection keys that the kernel has switched on. */
    private static final String KEYS = "ospke";

    private static final String REFUSE = "refuse:";

    private WorkloadList() {}

    /**
     * A line of the list.
     *
     * @param refused the kind that a refused dump must name, empty if it is not refused
     */
    public record Line(
            String id,
            String program,
            String kind,
            Set<Workload.Variant> variants,
            Set<String> needs,
            String refused,
            List<String> arguments) {

        /** How to start it. */
        public Workload.Setup setup() {
            Workload.Setup setup = Workload.of(program).arguments(arguments.toArray(String[]::new));
            return needs.contains("tty") ? setup.onTerminal() : setup;
        }

        /** Whether this machine has what it needs of the kernel's release and the processor. */
        public boolean isHere() {
            return needs.stream().allMatch(Line::isHere);
        }

        private static boolean isHere(String need) {
            if (need.startsWith(RELEASE)) {
                Runtime.Version wanted = Runtime.Version.parse(need.substring(RELEASE.length()));
                String release = System.getProperty("os.version").replaceFirst("^(\\d+\\.\\d+).*", "$1");
                return Runtime.Version.parse(release).compareTo(wanted) >= 0;
            }
            return !need.equals(KEYS) || hasKeys();
        }

        private static boolean hasKeys() {
            try (Stream<String> lines = Files.lines(Path.of("/proc/cpuinfo"))) {
                return lines.anyMatch(line -> line.startsWith("flags") && line.contains(" " + KEYS));
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        @Override
        public String toString() {
            return id;
        }
    }

    /** All lines, in their order. */
    public static List<Line> all() {
        try (Stream<String> lines = Files.lines(LIST)) {
            return lines.filter(line -> !line.isBlank() && !line.startsWith("#"))
                    .map(WorkloadList::parse)
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The lines of some classes. */
    public static List<Line> of(String... kinds) {
        return all().stream()
                .filter(line -> Arrays.asList(kinds).contains(line.kind()))
                .toList();
    }

    private static Line parse(String line) {
        List<String> words = new ArrayList<>(Arrays.asList(line.strip().split(" +")));
        if (words.size() < 7) {
            throw new IllegalArgumentException("workloads.list: " + line);
        }
        Set<Workload.Variant> variants = EnumSet.of(Workload.Variant.DYNAMIC);
        words(words.get(3)).forEach(word -> variants.add(Workload.Variant.valueOf(word.toUpperCase(Locale.ROOT))));
        String expect = words.get(5);
        return new Line(
                words.get(0),
                words.get(1),
                words.get(2),
                variants,
                Set.copyOf(words(words.get(4))),
                expect.startsWith(REFUSE) ? expect.substring(REFUSE.length()) : "",
                List.copyOf(words.subList(7, words.size())));
    }

    private static List<String> words(String column) {
        return column.equals("-") ? List.of() : Arrays.asList(column.split(","));
    }
}
