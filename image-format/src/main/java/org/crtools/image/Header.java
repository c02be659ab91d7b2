// SPDX-License-Identifier: Apache-2.0
package org.crtools.image;

import java.util.UUID;

/**
 * {@code struct crt_header}. {@code metaSize} and {@code metaCrc} are what a reader found; the writer computes its own.
 *
 * @param metaSize bytes from 0 that are metadata, a multiple of the page size
 * @param id unique and random; its text form shows the bytes of the image in their order
 * @param createdNs CLOCK_REALTIME of the dump, nanoseconds
 * @param monotonicNs CLOCK_MONOTONIC of the dump, nanoseconds
 * @param boottimeNs CLOCK_BOOTTIME of the dump, nanoseconds
 * @param xfeatures bits of XCR0 that the xsave areas were made under
 * @param xstateSize bytes of each NT_X86_XSTATE note, 0 when there are none
 * @param pid process number as the process itself saw it
 * @param release kernel release, at most 63 bytes
 */
public record Header(
        int formatMajor,
        int formatMinor,
        int flags,
        long metaSize,
        int metaCrc,
        int pageSize,
        UUID id,
        long createdNs,
        long monotonicNs,
        long boottimeNs,
        long xfeatures,
        int xstateSize,
        int nrThreads,
        int pid,
        String release) {

    /** The header of a new tree image. */
    public static Header tree(long createdNs, long monotonicNs, long boottimeNs, int pid, String release) {
        return new Header(
                Format.CRT_FORMAT_MAJOR,
                Format.CRT_FORMAT_MINOR,
                Format.CRT_HDR_TREE,
                0,
                0,
                Format.CRT_PAGE_SIZE,
                UUID.randomUUID(),
                createdNs,
                monotonicNs,
                boottimeNs,
                0,
                0,
                0,
                pid,
                release);
    }

    public boolean isTree() {
        return (flags & Format.CRT_HDR_TREE) != 0;
    }

    public boolean keepsTids() {
        return (flags & Format.CRT_HDR_KEEP_TIDS) != 0;
    }

    /** The same with other {@code CRT_HDR_*} flags. */
    public Header withFlags(int newFlags) {
        return new Header(
                formatMajor,
                formatMinor,
                newFlags,
                metaSize,
                metaCrc,
                pageSize,
                id,
                createdNs,
                monotonicNs,
                boottimeNs,
                xfeatures,
                xstateSize,
                nrThreads,
                pid,
                release);
    }

    Header withMeta(long newMetaSize, int newMetaCrc) {
        return new Header(
                formatMajor,
                formatMinor,
                flags,
                newMetaSize,
                newMetaCrc,
                pageSize,
                id,
                createdNs,
                monotonicNs,
                boottimeNs,
                xfeatures,
                xstateSize,
                nrThreads,
                pid,
                release);
    }
}
