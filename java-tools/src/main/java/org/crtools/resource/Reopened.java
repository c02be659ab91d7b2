// SPDX-License-Identifier: Apache-2.0
package org.crtools.resource;

import java.util.OptionalInt;
import org.crtools.image.Syscall;
import org.crtools.model.OpenDescription;
import org.crtools.sys.SystemCalls;

/** A description on an object that the tree image made: an unlinked file, memory. */
public record Reopened(int objectIndex, String kind, String detail) implements Resource {
    @Override
    public OptionalInt object() {
        return OptionalInt.of(objectIndex);
    }

    @Override
    public void open(OpenContext context, OpenDescription description, int target) {
        int object = context.objectDescriptor(objectIndex);
        int flags = description.flags();
        if ((flags & SystemCalls.TMPFILE_BIT) != 0) {
            // The flag stays with the description that made the file; there can be no second one.
            flags &= ~SystemCalls.O_TMPFILE;
            if ((flags & SystemCalls.O_ACCMODE) == SystemCalls.O_RDWR) {
                context.program().syscall(Syscall.DUP3, object, target, 0);
                context.program().syscall(Syscall.LSEEK, target, description.position(), 0);
                Opening.setFlags(context, target, flags);
                return;
            }
        }
        Opening.reopen(context, object, flags);
        Opening.seek(context, description.position());
        Opening.moveTo(context, target);
    }
}
