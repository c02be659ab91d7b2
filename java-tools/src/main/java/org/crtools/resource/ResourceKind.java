// SPDX-License-Identifier: Apache-2.0
package org.crtools.resource;

import java.io.IOException;
import java.util.Optional;

/** Recognises the descriptors of one kind. */
@FunctionalInterface
public interface ResourceKind {
    /**
     * The resource; empty when it is of another kind.
     *
     * @throws RefusedException it is of this kind but cannot be captured
     */
    Optional<Resource> recognise(OpenFile file, CaptureContext context) throws IOException, RefusedException;
}
