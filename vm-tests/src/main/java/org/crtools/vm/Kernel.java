// SPDX-License-Identifier: Apache-2.0
package org.crtools.vm;

/**
 * One line of the kernel list.
 *
 * @param name what {@code vm run} and {@code -Dkernels=} call it
 * @param scope which guest tests run on it
 */
public record Kernel(String name, Scope scope) {

    /** Which guest tests a kernel gets. */
    public enum Scope {
        /** All of them. */
        FULL,
        /** Those tagged {@code kernel}. */
        KERNEL,
        /** None, because it is for the module's own tests; by name, those tagged {@code kernel}. */
        MODULE,
        /** None unless the kernel is asked for by name, then those tagged {@code kernel}. */
        ASKED
    }

    /** The JUnit tag expression for this kernel, narrowing the one asked for. */
    public String tags(String asked) {
        return switch (scope) {
            case FULL -> asked;
            case KERNEL, MODULE, ASKED -> asked.isBlank() ? "kernel" : "kernel & (" + asked + ")";
        };
    }
}
