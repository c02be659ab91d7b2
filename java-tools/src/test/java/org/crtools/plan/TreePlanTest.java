// SPDX-License-Identifier: Apache-2.0
package org.crtools.plan;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import org.crtools.CrtoolsException;
import org.crtools.image.ByteString;
import org.crtools.image.ProgramPrinter;
import org.crtools.model.Checkpoint;
import org.crtools.model.Credentials;
import org.crtools.model.Descriptor;
import org.crtools.model.Identity;
import org.crtools.model.Limit;
import org.crtools.model.LiveProcess;
import org.crtools.model.OpenDescription;
import org.crtools.model.ThreadSettings;
import org.crtools.model.TreeProcess;
import org.crtools.model.Zombie;
import org.crtools.resource.RegularFile;
import org.crtools.resource.Reopened;
import org.crtools.resource.UnlinkedFile;
import org.junit.jupiter.api.Test;

class TreePlanTest {
    private final List<OpenDescription> descriptions = new ArrayList<>();

    private static Identity identity(int pid, int parent, int group, int session) {
        return new Identity(pid, parent, group, session, ByteString.of("p" + pid));
    }

    private static LiveProcess live(Identity identity, Descriptor... descriptors) {
        return new LiveProcess(
                identity,
                ByteString.of("/bin/true"),
                ByteString.of("/tmp"),
                ByteString.of("/"),
                022,
                0,
                "00000011",
                new Credentials(
                        List.of(0, 0, 0, 0), List.of(0, 0, 0, 0), List.of(), 0, -1L >>> 23, -1L >>> 23, -1L >>> 23, 0),
                0,
                0,
                List.of(new Limit(7, 1024, 4096)),
                List.of(new ThreadSettings(
                        identity.pid(), identity.name(), ByteString.of(new byte[56]), ByteString.of(new byte[8]), 0)),
                List.of(descriptors),
                List.of(),
                "core-" + identity.pid() + ".img");
    }

    private Descriptor file(int fd, int description, boolean closeOnExec) {
        while (descriptions.size() <= description) {
            descriptions.add(new OpenDescription(
                    "pid 1 fd " + fd,
                    fd,
                    0102001,
                    5,
                    new RegularFile(ByteString.of("/tmp/f" + descriptions.size()), 0100644, 5)));
        }
        return new Descriptor(fd, description, closeOnExec);
    }

    private TreePrograms plan(boolean shellJob, TreeProcess... processes) throws CrtoolsException {
        return TreePlan.plan(new Checkpoint(1, "6.12", shellJob, 0, List.of(processes), descriptions, List.of()));
    }

    private static int at(String text, String part) {
        int at = text.indexOf(part);
        assertTrue(at >= 0, () -> part + " is not in\n" + text);
        return at;
    }

    @Test
    void aSharedFileIsOpenedBeforeTheForkAndAPrivateOneAfterIt() throws Exception {
        Descriptor shared = file(3, 0, false);
        Descriptor own = file(4, 1, true);
        TreePrograms programs =
                plan(false, live(identity(100, 0, 100, 100), shared), live(identity(101, 100, 100, 100), shared, own));
        String tree = ProgramPrinter.print(programs.tree());
        int child = at(tree, "fork(pid=101");
        assertTrue(at(tree, "\"/tmp/f0\"") < child);
        assertTrue(at(tree, "\"/tmp/f1\"") > child);
        assertEquals(tree.indexOf("\"/tmp/f0\""), tree.lastIndexOf("\"/tmp/f0\""));
        String core = ProgramPrinter.print(programs.cores().get(101).program());
        at(core, "pid 101 fd 4");
        assertFalse(core.contains("pid 101 fd 3"), core);
    }

    /** The program of a tree whose processes have an unlinked file of that mode as description 0. */
    private String withUnlinkedFile(int mode, TreeProcess... processes) throws Exception {
        UnlinkedFile file = new UnlinkedFile(
                0,
                "pid 100 fd 3",
                "/proc/100/fd/3",
                ByteString.of("/tmp/gone"),
                ByteString.of("/tmp"),
                mode,
                0,
                0,
                10,
                false);
        descriptions.add(
                new OpenDescription("pid 100 fd 3", 3, 0100002, 5, new Reopened(0, file.kind(), file.detail())));
        return ProgramPrinter.print(
                TreePlan.plan(new Checkpoint(1, "6.12", false, 0, List.of(processes), descriptions, List.of(file)))
                        .tree());
    }

    @Test
    void anUnlinkedFileGetsANameOnlyWhereItMust() throws Exception {
        String tree = withUnlinkedFile(0100600, live(identity(100, 0, 100, 100), new Descriptor(3, 0, false)));
        int nameless = at(tree, "openat(AT_FDCWD, \"/tmp\", O_RDWR|O_EXCL|O_TMPFILE");
        int named = at(tree, "\"/tmp/.crtools-");
        assertTrue(nameless < named, tree);
        assertTrue(tree.substring(nameless, named).contains("fork("), tree);
        assertFalse(tree.contains("renameat2(") || tree.contains("linkat(AT_FDCWD, \"/tmp/gone"), tree);
    }

    @Test
    void aChildOfAnOlderSessionIsForkedBeforeTheNewOneIsMade() throws Exception {
        String tree = ProgramPrinter.print(plan(
                        true,
                        live(identity(100, 0, 100, 50)),
                        live(identity(101, 100, 101, 101)),
                        live(identity(102, 101, 102, 50)),
                        live(identity(103, 101, 101, 101)))
                .tree());
        int older = at(tree, "fork(pid=102");
        int session = at(tree, "setsid");
        assertTrue(at(tree, "fork(pid=101") < older);
        assertTrue(older < session);
        assertTrue(session < at(tree, "fork(pid=103"));
    }

    @Test
    void anOrphanOfADeadSessionLeaderComesFromAHelper() throws Exception {
        ForkTree tree = ForkTree.of(List.of(live(identity(100, 0, 100, 100)), live(identity(105, 100, 104, 104))));
        Node helper = tree.root().late().get(0);
        assertTrue(helper.isHelper());
        assertEquals(104, helper.pid());
        assertTrue(tree.root().adopting());
        assertEquals(105, helper.late().get(0).pid());
    }

    @Test
    void aGroupWhoseLeaderIsGoneGetsAHelper() throws Exception {
        ForkTree tree = ForkTree.of(List.of(
                live(identity(100, 0, 100, 100)),
                live(identity(103, 100, 102, 100)),
                live(identity(104, 100, 102, 100))));
        assertEquals(1, tree.all().stream().filter(Node::isHelper).count());
        assertEquals(
                102,
                tree.all().stream()
                        .filter(Node::isHelper)
                        .findFirst()
                        .orElseThrow()
                        .pid());
    }

    /** In a new pid namespace it has no number there, and all are born into it. */
    @Test
    void aGroupOfTheOutsideIsJoinedOnlyWhereItHasANumber() throws Exception {
        String tree = ProgramPrinter.print(plan(true, live(identity(100, 0, 50, 50)), live(identity(101, 100, 50, 50)))
                .tree());
        int join = at(tree, "setpgid(0, ");
        at(tree.substring(tree.lastIndexOf("\n", tree.lastIndexOf("\n", join) - 1), join), "== 0");
    }

    /** The bits beside it in its byte are permissions, which may change. */
    @Test
    void theTypeOfAFileIsComparedAlone() throws Exception {
        String tree = ProgramPrinter.print(
                plan(false, live(identity(100, 0, 100, 100), file(3, 0, false))).tree());
        at(tree, ">= 128 ");
        at(tree, "< 144 ");
    }

    /** An owner may not be allowed to open his own file again. */
    @Test
    void permissionsOfAFileWithoutANameAreSetWhenAllHaveOpenedIt() throws Exception {
        String tree = withUnlinkedFile(
                0100400,
                live(identity(100, 0, 100, 100), new Descriptor(3, 0, false)),
                live(identity(101, 100, 100, 100), new Descriptor(3, 0, false)));
        assertTrue(at(tree, "\"/proc/self/fd/") < at(tree, "fchmod("), tree);
        assertTrue(at(tree, "fork(pid=101") < at(tree, "fchmod("), tree);
    }

    @Test
    void zombiesEndAsTheyDid() throws Exception {
        String tree = ProgramPrinter.print(plan(
                        false,
                        live(identity(100, 0, 100, 100)),
                        new Zombie(identity(101, 100, 100, 100), 7 << 8),
                        new Zombie(identity(102, 100, 100, 100), 15),
                        new Zombie(identity(103, 100, 100, 100), 11 | 0x80))
                .tree());
        at(tree, "exit_group(7");
        at(tree, "kill(");
        int dumping = at(tree, "fork(pid=103");
        assertTrue(dumping < at(tree, "prctl(PR_SET_DUMPABLE, 0"), tree);
    }

    @Test
    void theCoreDumpFilterIsWrittenBackAsAHexadecimalNumber() throws Exception {
        TreePrograms programs = plan(false, live(identity(100, 0, 100, 100)));
        String core = ProgramPrinter.print(programs.cores().get(100).program());
        int open = at(core, "\"/proc/self/coredump_filter\"");
        assertTrue(core.indexOf("\"0x00000011\"", open) > open, core);
    }

    @Test
    void whoMakesAUserNamespaceKeepsTheRightToChooseThreadIds() throws Exception {
        String tree = ProgramPrinter.print(
                plan(false, live(identity(100, 0, 100, 100))).tree());
        int raise = at(tree, "prctl(PR_CAP_AMBIENT, 2, 0x28");
        assertTrue(at(tree, "capset(") < raise);
        assertTrue(raise < at(tree, "fork(pid=100"));
    }
}
