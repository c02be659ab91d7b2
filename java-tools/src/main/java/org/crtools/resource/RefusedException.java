// SPDX-License-Identifier: Apache-2.0
package org.crtools.resource;

/** This cannot be captured; the message is its kind, with the option that lets it pass when there is one. */
public final class RefusedException extends Exception {
    private static final long serialVersionUID = 1L;

    public RefusedException(String kind) {
        super(kind);
    }
}
