// SPDX-License-Identifier: Apache-2.0
package org.crtools.resource;

import static org.crtools.image.Arg.imm;
import static org.crtools.image.Arg.slot;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.Optional;
import org.crtools.image.ByteString;
import org.crtools.image.Comparison;
import org.crtools.image.ProgramBuilder;
import org.crtools.image.Syscall;
import org.crtools.model.OpenDescription;
import org.crtools.sys.FileDescriptor;
import org.crtools.sys.SystemCalls;

/**
 * The terminal that controls the tree and belongs to somebody outside it. With --shell-job it becomes the terminal of
 * whoever restores the tree; where that caller has none, its standard descriptor of the same number.
 *
 * @param settings struct termios as TCGETS gives it (ioctl_tty(2)): what the foreground has set, such as no echo
 */
public record Terminal(ByteString path, ByteString settings) implements Resource {
    /** ioctl(2) numbers, and the size of the kernel's struct termios (asm-generic/termbits.h). */
    public static final int TCGETS = 0x5401;

    public static final int TCSETS = 0x5402;
    public static final int SETTINGS_SIZE = 36;

    /** The device number of a terminal itself, also of one that was opened as /dev/tty or /dev/console. */
    private static final long TIOCGDEV = 0x80045432L;

    private static final ByteString OF_CALLER = ByteString.of("/dev/tty");

    private static final int TTY = 4;
    private static final int TTY_AUX = 5;
    private static final int PTMX = 2;
    private static final int FIRST_SLAVE = 136;
    private static final int LAST_SLAVE = 143;
    private static final int STANDARD_ERROR = 2;
    /** In what a description of the caller must agree, which he as a rule has for reading and writing. */
    private static final int KEPT = SystemCalls.O_ACCMODE | SystemCalls.O_NONBLOCK | SystemCalls.O_APPEND;

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
        try (FileDescriptor terminal = context.duplicate(file)) {
            byte[] device = context.calls().ioctlRead(terminal, TIOCGDEV, Integer.BYTES);
            if (device.length == 0) {
                throw new RefusedException("tty that was hung up (" + file.link() + ")");
            }
            // Another one, such as a modem's, must not become the terminal of a shell.
            int number = ByteBuffer.wrap(device).order(ByteOrder.LITTLE_ENDIAN).getInt();
            if (!context.controls(number)) {
                throw new RefusedException("tty that does not control the tree (" + file.link() + ")");
            }
            if (!context.shellJob()) {
                throw new RefusedException("tty (" + file.link() + "), --shell-job lets it pass");
            }
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
        if ((description.flags() & KEPT) != SystemCalls.O_RDWR) {
            program.skipIf(
                    slot(context.terminalSlot()),
                    Comparison.LT,
                    imm(0),
                    body -> openAnew(context, description, target));
        }
    }

    /** For whoever has it not as a shell does: the caller's own description is not to be changed. */
    private void openAnew(OpenContext context, OpenDescription description, int target) {
        ProgramBuilder program = context.program();
        ByteString same = ByteString.of("/proc/self/fd/" + target);
        boolean byName = path.equals(OF_CALLER);
        Opening.open(context, byName ? OF_CALLER : same, description.flags()).mayFail();
        // Somebody else's terminal may be opened as one's own only (su), one's own not in another session.
        program.skipIf(
                slot(context.slot()),
                Comparison.GE,
                imm(0),
                body -> Opening.open(context, byName ? same : OF_CALLER, description.flags()));
        Opening.moveTo(context, target);
    }
}
