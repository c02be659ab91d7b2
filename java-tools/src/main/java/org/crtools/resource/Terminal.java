// SPDX-License-Identifier: Apache-2.0
package org.crtools.resource;

import static org.crtools.image.Arg.imm;
import static org.crtools.image.Arg.slot;

import java.io.IOException;
import java.util.Optional;
import org.crtools.image.ByteString;
import org.crtools.image.Comparison;
import org.crtools.image.ProgramBuilder;
import org.crtools.image.Syscall;
import org.crtools.model.OpenDescription;

/**
 * A terminal that belongs to somebody outside the tree. With --shell-job it becomes the terminal of whoever restores
 * the tree; where that caller has none, its standard descriptor of the same number.
 */
public record Terminal(ByteString path) implements Resource {
    private static final int TTY = 4;
    private static final int TTY_AUX = 5;
    private static final int PTMX = 2;
    private static final int FIRST_SLAVE = 136;
    private static final int LAST_SLAVE = 143;
    private static final int STANDARD_ERROR = 2;

    static Optional<Resource> recognise(OpenFile file, CaptureContext context) throws IOException, RefusedException {
        if (!file.status().isCharacterDevice()) {
            return Optional.empty();
        }
        int major = file.status().rawMajor();
        if (major == TTY_AUX && file.status().rawMinor() == PTMX) {
            throw new RefusedException("tty (master side of a pseudo-terminal)");
        }
        if (major != TTY && major != TTY_AUX && (major < FIRST_SLAVE || major > LAST_SLAVE)) {
            return Optional.empty();
        }
        if (!context.shellJob()) {
            throw new RefusedException("tty (" + file.link() + "), --shell-job lets it pass");
        }
        return Optional.of(new Terminal(file.link()));
    }

    @Override
    public String kind() {
        return "terminal";
    }

    @Override
    public String detail() {
        return path.toString();
    }

    @Override
    public void open(OpenContext context, OpenDescription description, int target) {
        ProgramBuilder program = context.program();
        program.set(context.slot(), slot(context.terminalSlot()));
        int standard = context.callerDescriptors() + Math.min(description.firstNumber(), STANDARD_ERROR);
        program.skipIf(slot(context.slot()), Comparison.GE, imm(0), body -> body.set(context.slot(), imm(standard)));
        program.syscall(Syscall.DUP3, slot(context.slot()), imm(target), imm(0));
    }
}
