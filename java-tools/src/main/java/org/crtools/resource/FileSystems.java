// SPDX-License-Identifier: Apache-2.0
package org.crtools.resource;

/** f_type of statfs(2), from linux/magic.h. */
final class FileSystems {
    static final long PROC = 0x9fa0;
    static final long SYSFS = 0x62656572;
    static final long CGROUP2 = 0x63677270;
    static final long TMPFS = 0x01021994;
    static final long HUGETLBFS = 0x958458f6L;
    static final long SECRETMEM = 0x5345434d;
    static final long MQUEUE = 0x19800202;
    static final long OVERLAYFS = 0x794c7630;

    private FileSystems() {}

    /** File systems whose files have no size and make their contents when read. */
    static boolean isSynthetic(long type) {
        return type == PROC || type == SYSFS || type == CGROUP2;
    }
}
