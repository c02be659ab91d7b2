// SPDX-License-Identifier: Apache-2.0
package org.crtools.guest;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code crtools exec}: an image is checked, and becomes a process with the descriptors of the caller. */
class ExecTest {

    private static final int PERMISSION = 4;
    private static final int CORRUPT = 5;
    private static final int CHANGED = 9;

    private static final Duration LIMIT = Duration.ofSeconds(60);

    /** A shell that stops itself; what it does then is done by who executes the image. */
    private static KernelImage stoppedShell(String then, boolean user) {
        Path folder = RealProgram.newFolder("exec");
        if (user) {
            Command.of("chown", "user", folder.toString()).run().ok();
        }
        Path none = Path.of("/dev/null");
        Process shell = Command.of("sh", "-c", "kill -STOP $$; " + then)
                .asUser(user)
                .prefixed("setsid")
                .start(none, none);
        try {
            Processes.await("the shell to stop", LIMIT, () -> Processes.stat(shell.pid())
                    .get(0)
                    .equals("T"));
            return KernelImage.dump(shell.pid(), folder.resolve("shell.img"), user);
        } finally {
            Processes.kill(List.of(shell.pid()));
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void outputAndExitCodeComeThrough(boolean user) {
        KernelImage image = stoppedShell("echo to the one; echo to the other >&2; exit 42", user);
        // Again and again: an image is not used up.
        for (int i = 0; i < 2; i++) {
            Command.Result result =
                    Tools.of(user).run("exec", image.file().toString()).expect(42);
            assertEquals("to the one\n", result.out());
            assertEquals("to the other\n", result.err());
        }
    }

    @Test
    void theSignalThatEndsItIsTold() {
        // Not $$: that is a number which the first shell has remembered.
        KernelImage image = stoppedShell("read -r pid rest </proc/self/stat; kill -KILL $pid", false);
        Tools.of(false).run("exec", image.file().toString()).expect(128 + 9);
    }

    /** A tree image is one too, with its options. */
    @Test
    void ofATreeImageItBringsBackTheTree() {
        try (Workload workload = Workload.of("tree").arguments("1", "2").start()) {
            workload.awaitRest();
            ProcView before = ProcView.of(workload.pid());
            SavedTree saved = SavedTree.dump(workload.pid(), workload.folder().resolve("checkpoint"), false);
            Command.Result result =
                    Tools.of(false).run("exec", saved.tree().toString(), "-d").ok();
            assertEquals("", result.out() + result.err());
            SavedTree.awaitSame(before, workload.pid(), SavedTree.EXPLAINED);
            workload.assertPasses();
        }
    }

    @Test
    void badImagesAreRefused() {
        Path image = stoppedShell("exit 42", false).file();
        assertRefused(CHANGED, image + ".gone is missing", image + ".gone");

        Command.of("chmod", "a-x", image.toString()).run().ok();
        assertRefused(PERMISSION, image + " is not executable", image.toString());
        Command.of("chmod", "u+x", image.toString()).run().ok();

        Damage.corruptions().forEach((what, change) -> {
            Path damaged = image.resolveSibling("damaged.img");
            Command.of("cp", "-p", image.toString(), damaged.toString()).run().ok();
            Damage.apply(damaged, change);
            assertRefused(CORRUPT, damaged + ": ", damaged.toString());
        });
        assertRefused(CORRUPT, "/bin/true: this is no image of crtools", "/bin/true");
    }

    private static void assertRefused(int code, String words, String image) {
        Command.Result result = Tools.of(false).run("exec", image).expect(code);
        assertEquals("", result.out());
        assertEquals(1, result.err().lines().count(), result::err);
        assertTrue(result.err().startsWith("crtools: " + words), result::err);
    }
}
