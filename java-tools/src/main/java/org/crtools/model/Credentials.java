// SPDX-License-Identifier: Apache-2.0
package org.crtools.model;

import java.util.List;

/**
 * Who a process is (credentials(7), capabilities(7)).
 *
 * @param users real, effective, saved, file system user ids
 * @param groups real, effective, saved, file system group ids
 * @param supplementary further groups
 */
public record Credentials(
        List<Integer> users,
        List<Integer> groups,
        List<Integer> supplementary,
        long inheritable,
        long permitted,
        long effective,
        long bounding,
        long ambient) {
    public Credentials {
        users = List.copyOf(users);
        groups = List.copyOf(groups);
        supplementary = List.copyOf(supplementary);
    }

    public int realUser() {
        return users.get(0);
    }

    public int effectiveUser() {
        return users.get(1);
    }
}
