// SPDX-License-Identifier: Apache-2.0
package org.crtools.vm;

import java.util.Optional;

/**
 * What the test runner inside a machine tells the host, one line of its standard output each: the mark, a word, and
 * tab-separated fields in which tab, newline and backslash are escaped. Lines without the mark are a test's own output.
 */
public sealed interface GuestEvent {

    /** Begins every line of the protocol. */
    String MARK = "@crtools-test\t";

    /** The outcome of a test. */
    enum Outcome {
        PASSED,
        FAILED,
        /** Gave up because of a failed assumption, or switched off: never counted as passed. */
        SKIPPED
    }

    /**
     * A test begins.
     *
     * @param test its class's simple name, a slash, and its display names
     */
    record Started(String test) implements GuestEvent {}

    /**
     * A test ended.
     *
     * @param millis how long it ran, in the guest's milliseconds
     * @param log what it printed and why it failed; empty when it passed
     */
    record Finished(String test, Outcome outcome, long millis, String log) implements GuestEvent {}

    /**
     * A test counted something, such as the faults that it injected.
     *
     * @param what in a word or two
     */
    record Counted(String test, String what, long count) implements GuestEvent {}

    /**
     * All tests ended; a run without this line was cut off.
     *
     * @param tests how many were started
     */
    record Ended(int tests) implements GuestEvent {}

    /** The line that {@link #parse} reads back, without its newline. */
    static String format(GuestEvent event) {
        if (event instanceof Started started) {
            return MARK + "started\t" + escape(started.test());
        } else if (event instanceof Finished finished) {
            return MARK + "finished\t" + escape(finished.test()) + "\t" + finished.outcome() + "\t" + finished.millis()
                    + "\t" + escape(finished.log());
        } else if (event instanceof Counted counted) {
            return MARK + "counted\t" + escape(counted.test()) + "\t" + escape(counted.what()) + "\t" + counted.count();
        } else if (event instanceof Ended ended) {
            return MARK + "ended\t" + ended.tests();
        }
        throw new AssertionError(event);
    }

    /**
     * Reads a line; empty when it is not one of the protocol.
     *
     * @throws IllegalArgumentException it has the mark but no known form
     */
    static Optional<GuestEvent> parse(String line) {
        if (!line.startsWith(MARK)) {
            return Optional.empty();
        }
        String[] fields = line.substring(MARK.length()).split("\t", -1);
        if (fields[0].equals("started") && fields.length == 2) {
            return Optional.of(new Started(unescape(fields[1])));
        }
        if (fields[0].equals("finished") && fields.length == 5) {
            return Optional.of(new Finished(
                    unescape(fields[1]), Outcome.valueOf(fields[2]), Long.parseLong(fields[3]), unescape(fields[4])));
        }
        if (fields[0].equals("counted") && fields.length == 4) {
            return Optional.of(new Counted(unescape(fields[1]), unescape(fields[2]), Long.parseLong(fields[3])));
        }
        if (fields[0].equals("ended") && fields.length == 2) {
            return Optional.of(new Ended(Integer.parseInt(fields[1])));
        }
        throw new IllegalArgumentException("not a line of the test protocol: " + line);
    }

    private static String escape(String text) {
        return text.replace("\\", "\\\\")
                .replace("\t", "\\t")
                .replace("\n", "\\n")
                .replace("\r", "\\r");
    }

    private static String unescape(String text) {
        StringBuilder out = new StringBuilder(text.length());
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c == '\\' && i + 1 < text.length()) {
                i++;
                out.append(
                        switch (text.charAt(i)) {
                            case 't' -> '\t';
                            case 'n' -> '\n';
                            case 'r' -> '\r';
                            default -> text.charAt(i);
                        });
            } else {
                out.append(c);
            }
        }
        return out.toString();
    }
}
