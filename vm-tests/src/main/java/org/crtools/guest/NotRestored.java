// SPDX-License-Identifier: Apache-2.0
package org.crtools.guest;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** The one line in which a restore that succeeded tells what it had to leave out; docs/limits.md has the same words. */
public final class NotRestored {

    /** What an ordinary user may lack the rights for when he restores his own processes. */
    public static final List<String> RIGHTS = List.of(
            "capabilities",
            "capability bounding set",
            "cleared no_new_privs",
            "group ids",
            "groups",
            "I/O priority",
            "locking of future memory",
            "niceness",
            "out-of-memory score",
            "owner of what has no name",
            "pids",
            "resource limits",
            "securebits",
            "thread ids",
            "user ids");

    /** What fails for other reasons, if ever. */
    public static final List<String> OTHERS = List.of(
            "/proc of the new pid namespace",
            "core dump filter",
            "denied write and execute",
            "dumpable flag",
            "foreground of the terminal",
            "huge page setting",
            "membarrier registration",
            "merging of memory",
            "names of memory areas",
            "parent death signal",
            "processors to run on",
            "settings of the terminal",
            "timer slack");

    private static final String CRTOOLS = "crtools: ";
    private static final String MISSING_RIGHTS = "not restored (missing rights): ";
    private static final String NOT_RESTORED = "not restored: ";

    private NotRestored() {}

    /**
     * A restore that succeeded says nothing as root, and as an ordinary user at most what rights are missing for.
     *
     * @param deathSignal the first process had a parent death signal, which is cleared, and told, by a detached restore
     */
    static void assertAllowed(Command.Result result, boolean user, boolean deathSignal) {
        String said = result.err();
        if (deathSignal) {
            String rest = said.replaceFirst("(^crtools: |; )not restored: parent death signal of pid \\d+\n$", "");
            if (rest.equals(said)) {
                throw new AssertionError("the parent death signal was cleared in silence: " + said);
            }
            said = rest.isEmpty() ? rest : rest + "\n";
        }
        if (said.isEmpty()) {
            return;
        }
        List<String> words = user && said.startsWith(CRTOOLS + MISSING_RIGHTS) ? words(said) : List.of();
        if (words.isEmpty() || !RIGHTS.containsAll(words)) {
            throw new AssertionError(String.join(" ", result.words()) + "\nbrought it back, but says: " + said);
        }
    }

    /** One line, of the documented form and with documented words only. */
    static void assertDocumented(String said) {
        List<String> words = words(said);
        List<String> known = new ArrayList<>(RIGHTS);
        known.addAll(OTHERS);
        if (words.isEmpty() || !known.containsAll(words)) {
            throw new AssertionError("no documented warning: " + said);
        }
    }

    /** What a warning lists; nothing if it has another form. */
    private static List<String> words(String said) {
        if (!said.startsWith(CRTOOLS + "not restored") || said.indexOf('\n') != said.length() - 1) {
            return List.of();
        }
        return Arrays.stream(said.strip().substring(CRTOOLS.length()).split("; "))
                .flatMap(part -> part.startsWith(MISSING_RIGHTS)
                        ? Arrays.stream(part.substring(MISSING_RIGHTS.length()).split(", "))
                        : part.startsWith(NOT_RESTORED)
                                ? Arrays.stream(part.substring(NOT_RESTORED.length())
                                                .split(", "))
                                        // The error, which the other form does not have.
                                        .map(word -> word.replaceFirst(" \\([^()]+\\)$", ""))
                                : Arrays.stream(new String[] {part}))
                // Some are told of each process.
                .map(word -> word.replaceFirst(" of pid \\d+$", ""))
                .toList();
    }
}
