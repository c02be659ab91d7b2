// SPDX-License-Identifier: Apache-2.0
package org.crtools.model;

import java.util.List;
import org.crtools.image.ByteString;

/**
 * A process that is brought back.
 *
 * @param coreDumpFilter what of its memory a core dump of it would hold, in hexadecimal (core(5))
 * @param securebits of its threads, as PR_GET_SECUREBITS gives them
 * @param deathSignal what its main thread gets when its parent ends (PR_SET_PDEATHSIG), 0 for nothing
 * @param coreImage name of its core image in the checkpoint
 */
public record LiveProcess(
        Identity identity,
        ByteString executable,
        ByteString workingDirectory,
        ByteString rootDirectory,
        int umask,
        int outOfMemoryScore,
        String coreDumpFilter,
        Credentials credentials,
        int securebits,
        int deathSignal,
        List<Limit> limits,
        List<ThreadSettings> threads,
        List<Descriptor> descriptors,
        List<SharedMapping> sharedMappings,
        String coreImage)
        implements TreeProcess {
    public LiveProcess {
        limits = List.copyOf(limits);
        threads = List.copyOf(threads);
        descriptors = List.copyOf(descriptors);
        sharedMappings = List.copyOf(sharedMappings);
    }
}
