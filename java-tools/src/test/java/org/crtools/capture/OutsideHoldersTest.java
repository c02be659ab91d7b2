// SPDX-License-Identifier: Apache-2.0
package org.crtools.capture;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import java.util.Set;
import org.crtools.image.ByteString;
import org.crtools.model.Refusal;
import org.crtools.sys.FileStatus;
import org.crtools.sys.Host;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Of a process whose input is a pipe that this JVM writes to. */
class OutsideHoldersTest {
    private static final String PLACE = "pid 1 fd 0";

    private final Host host = Host.load();
    private final OutsideHolders holders = new OutsideHolders(host);
    private final Refusals refusals = new Refusals();
    private final int own = (int) ProcessHandle.current().pid();

    private Process process;
    private ByteString link;
    private FileStatus status;

    @BeforeEach
    void start() throws Exception {
        process = new ProcessBuilder("cat").start();
        String path = "/proc/" + process.pid() + "/fd/0";
        link = host.files().readLink(path);
        status = host.files().status(ByteString.of(path));
        holders.add(PLACE, "pipe", link, status);
    }

    @AfterEach
    void end() {
        process.destroyForcibly();
    }

    @Test
    void whoeverHasThePipeTooIsNamed() throws Exception {
        holders.look(Set.of((int) process.pid()), refusals);
        assertEquals(
                List.of(new Refusal(PLACE, "pipe that process " + own + " outside the tree has too (" + link + ")")),
                refusals.list());
    }

    @Test
    void theTreeItselfIsNotOutside() throws Exception {
        holders.look(Set.of((int) process.pid(), own), refusals);
        assertEquals(List.of(), refusals.list());
    }

    @Test
    void whatIsRefusedForAnotherReasonIsNotLookedFor() throws Exception {
        holders.remove(status);
        holders.look(Set.of((int) process.pid()), refusals);
        assertEquals(List.of(), refusals.list());
    }
}
