// SPDX-License-Identifier: Apache-2.0
package org.crtools.image;

/**
 * {@code struct crt_mm}: the layout of the address space and settings of the whole process.
 *
 * @param vdsoBase lowest address of [vvar] and [vdso], 0 when there is none
 * @param vdsoSize bytes from there to the end of [vdso]
 * @param vdsoCode address of [vdso] itself
 * @param vdsoCrc CRC-32 of the pages of [vdso]
 * @param exe index of the program in the file table, or {@code CRT_NO_FILE}
 * @param dumpable as PR_GET_DUMPABLE gives it: 0, 1 or 2
 * @param membarrier registrations, {@code CRT_MB_*}
 * @param mlockFuture 0, MCL_FUTURE (2), or with MCL_ONFAULT (6)
 * @param mdwe as PR_GET_MDWE gives it: PR_MDWE_REFUSE_EXEC_GAIN (1), with PR_MDWE_NO_INHERIT (3), or 0
 * @param memoryMerge 1 when PR_SET_MEMORY_MERGE is in force, else 0
 */
public record Mm(
        long startCode,
        long endCode,
        long startData,
        long endData,
        long startBrk,
        long brk,
        long startStack,
        long argStart,
        long argEnd,
        long envStart,
        long envEnd,
        long vdsoBase,
        long vdsoSize,
        long vdsoCode,
        int vdsoCrc,
        int exe,
        int personality,
        int dumpable,
        int thpDisable,
        int membarrier,
        int mlockFuture,
        int childSubreaper,
        int mdwe,
        int memoryMerge) {}
