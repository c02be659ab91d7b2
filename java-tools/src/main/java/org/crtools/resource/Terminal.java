// SPDX-License-Identifier: Apache-2.0
package org.crtools.resource;

import static org.crtools.image.Arg.imm;
import static org.crtools.image.Arg.slot;

import java.io.IOException;
import java.util.List;
import java.util.Optional;
import org.crtools.image.ByteString;
import org.crtools.image.Comparison;
import org.crtools.image.ProgramBuilder;
import org.crtools.image.Syscall;
import org.crtools.model.OpenDescription;
import org.crtools.sys.FileDescriptor;

/**
 * A terminal that belongs to somebody outside the tree. With --shell-job it becomes the terminal of whoever restores
 * the tree; where that caller has none, its standard descriptor of the same number.
 *
 * @param settings struct termios as TCGETS gives it (ioctl_tty(2)): what the foreground has set, such as no echo
 */
public record Terminal(ByteString path, ByteString settings) implements Resource {
    /** ioctl(2) numbers, and the size of the kernel's struct termios (asm-generic/termbits.h). */
    public static final int TCGETS = 0x5401;

    public static final int TCSETS = 0x5402;
    public static final int SETTINGS_SIZE = 36;

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
        try (FileDescriptor terminal = context.duplicate(file)) {
            return Optional.of(new Terminal(
                    file.link(), ByteString.of(context.calls().ioctlRead(terminal, TCGETS, SETTINGS_SIZE))));
        }
    }

    /** Those of the first terminal among the descriptions of a tree; all its terminals become one. */
    public static Optional<ByteString> settings(List<OpenDescription> descriptions) {
        return descriptions.stream()
                .map(OpenDescription::resource)
                .filter(Terminal.class::isInstance)
                .map(resource -> ((Terminal) resource).settings())
                .filter(settings -> settings.length() == SETTINGS_SIZE)
                .findFirst();
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
