// SPDX-License-Identifier: Apache-2.0
package org.crtools.image;

import java.util.List;

/** {@code struct crt_vmas}: all mappings, ascending, and the files that they and {@link Mm#exe()} name. */
public record VmaTable(List<Vma> vmas, List<MappedFile> files) {
    public VmaTable {
        vmas = List.copyOf(vmas);
        files = List.copyOf(files);
    }
}
