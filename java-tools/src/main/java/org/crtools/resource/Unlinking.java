// SPDX-License-Identifier: Apache-2.0
package org.crtools.resource;

import static org.crtools.image.Arg.imm;
import static org.crtools.image.Arg.slot;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.concurrent.ThreadLocalRandom;
import org.crtools.image.ByteString;
import org.crtools.image.Comparison;
import org.crtools.image.OpBuilder;
import org.crtools.image.ProgramBuilder;
import org.crtools.image.Syscall;
import org.crtools.sys.SystemCalls;

/**
 * Files that have no name any more: made under a name of our own, which goes away at once. In between nothing is done
 * that could fail, as a failure would leave the name. That of a restore which was killed just there is removed by the
 * next one.
 */
final class Unlinking {
    private static final int RENAME_NOREPLACE = 1;
    private static final int NAME_MAX = 255;

    private Unlinking() {}

    private static int lastSlash(byte[] path) {
        int slash = path.length - 1;
        while (slash > 0 && path[slash] != '/') {
            slash--;
        }
        return slash;
    }

    /** The folder of a path. */
    static ByteString folder(ByteString path) {
        byte[] bytes = path.toBytes();
        return ByteString.of(Arrays.copyOf(bytes, Math.max(1, lastSlash(bytes))));
    }

    /** A name in the same folder that nobody else uses. */
    static ByteString uniqueName(ByteString path, int index) {
        byte[] bytes = path.toBytes();
        int slash = lastSlash(bytes);
        String suffix = ".crtools-" + index + "-"
                + HexFormat.of().toHexDigits(ThreadLocalRandom.current().nextLong());
        int kept = Math.min(bytes.length, slash + 1 + NAME_MAX - suffix.length());
        byte[] end = suffix.getBytes(StandardCharsets.US_ASCII);
        byte[] result = Arrays.copyOf(bytes, kept + end.length);
        System.arraycopy(end, 0, result, kept, end.length);
        return ByteString.of(result);
    }

    /** Removes what a restore that was killed has left; to be done before the file is made. */
    static void clear(ProgramBuilder program, ByteString unique) {
        remove(program, unique).mayFail();
    }

    /** Removes the name, under the one that the file had when that is free, so that /proc shows it as before. */
    static void unlink(ProgramBuilder program, ByteString unique, ByteString path) {
        int renamed = program.slot();
        program.syscall(
                        Syscall.RENAMEAT2,
                        imm(SystemCalls.AT_FDCWD),
                        program.text(unique),
                        imm(SystemCalls.AT_FDCWD),
                        program.text(path),
                        imm(RENAME_NOREPLACE))
                .into(renamed)
                .mayFail();
        program.skipIf(slot(renamed), Comparison.LT, imm(0), body -> remove(body, path));
        program.skipIf(slot(renamed), Comparison.GE, imm(0), body -> remove(body, unique));
    }

    private static OpBuilder remove(ProgramBuilder program, ByteString path) {
        return program.syscall(Syscall.UNLINKAT, imm(SystemCalls.AT_FDCWD), program.text(path), imm(0));
    }
}
