// SPDX-License-Identifier: Apache-2.0
package org.crtools.fault;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.crtools.sys.Errno;
import org.crtools.sys.Host;
import org.crtools.sys.SystemCallException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class FaultInjectorTest {
    private final Host host = Host.load();
    private final List<String> told = new ArrayList<>();

    private Faults faults(String request) {
        return FaultInjector.of(request, host.processes(), told::add).orElseThrow();
    }

    @Test
    void listsWhatIsPassed() throws Exception {
        Faults faults = faults("list");
        faults.pass(FaultPoint.FOLDER_CREATED);
        faults.pass(FaultPoint.THREAD_SEIZED);
        faults.pass(FaultPoint.THREAD_SEIZED);
        assertEquals(List.of("1 folder created", "2 thread seized", "3 thread seized"), told);
    }

    @Test
    void failsOnceAtTheChosenPoint() throws Exception {
        Faults faults = faults("enospc@2");
        faults.pass(FaultPoint.FOLDER_CREATED);
        SystemCallException failure =
                assertThrows(SystemCallException.class, () -> faults.pass(FaultPoint.CORE_COPIED));
        assertEquals(Errno.ENOSPC, failure.errno());
        assertEquals("fault core copied: no space left on device", failure.getMessage());
        faults.pass(FaultPoint.CORE_COPIED);
        assertEquals(List.of(), told);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"", "kill", "kill@", "kill@0", "error@-1", "error@x", "list@1", "stop@3", "error@9999999999"})
    void takesNothingElse(String request) {
        assertEquals(Optional.empty(), FaultInjector.of(request, host.processes(), told::add));
    }
}
