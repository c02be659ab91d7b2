// SPDX-License-Identifier: Apache-2.0
package org.crtools.model;

/**
 * Something that cannot be captured.
 *
 * @param place "pid 812 fd 7", "pid 812 7f0012340000", "pid 812"
 * @param kind what it is, and the option that lets it pass when there is one
 */
public record Refusal(String place, String kind) {
    @Override
    public String toString() {
        return place + ": " + kind;
    }
}
