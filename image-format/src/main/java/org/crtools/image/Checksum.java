// SPDX-License-Identifier: Apache-2.0
package org.crtools.image;

import java.util.Arrays;

/** {@code struct crt_checksum}: the CRC-32 of the file bytes of each PT_LOAD, in order. */
public final class Checksum {
    private final int[] crcs;

    public Checksum(int[] crcs) {
        this.crcs = crcs.clone();
    }

    public int count() {
        return crcs.length;
    }

    public int crc(int index) {
        return crcs[index];
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Checksum that && Arrays.equals(crcs, that.crcs);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(crcs);
    }

    @Override
    public String toString() {
        return "Checksum[" + crcs.length + "]";
    }
}
