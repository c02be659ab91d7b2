// SPDX-License-Identifier: Apache-2.0
package org.crtools.capture;

import java.io.IOException;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import org.crtools.resource.JvmStatistics;
import org.crtools.sys.Host;
import org.crtools.sys.ProcMap;

/**
 * Locks of files (flock(2)) and leases that outlived their descriptor, as a mapping keeps the description: no fdinfo tells
 * them, only /proc/locks does.
 */
final class MappedLocks {
    private final Host host;
    /** The first mapping of a file, by what /proc calls the file. */
    private final Map<String, String> places = new HashMap<>();

    MappedLocks(Host host) {
        this.host = host;
    }

    void add(int pid, ProcMap map) {
        // The lock only keeps other JVMs from removing that file, and a restore does not need it.
        if (map.inode() != 0 && !JvmStatistics.isAt(map.path())) {
            places.putIfAbsent(map.device() + ":" + map.inode(), "pid " + pid + " " + Long.toHexString(map.start()));
        }
    }

    /** Notes the locks that somebody of the tree has taken on a file that the tree maps. */
    void check(Set<Integer> tree, Refusals refusals) throws IOException {
        for (String line : host.proc().locks()) {
            // "1: FLOCK  ADVISORY  WRITE 812 08:01:4711 0 EOF", or with "->" for one who waits.
            String[] words = line.split("\\s+");
            if (words.length < 6) {
                continue;
            }
            String kind =
                    switch (words[1]) {
                        case "FLOCK" -> "file lock (flock)";
                        case "LEASE", "DELEG" -> "lease";
                        default -> "";
                    };
            String place = places.get(words[5]);
            if (!kind.isEmpty() && place != null && tree.contains(Integer.parseInt(words[4]))) {
                refusals.add(place, kind);
            }
        }
    }
}
