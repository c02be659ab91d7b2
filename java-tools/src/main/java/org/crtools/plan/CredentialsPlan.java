// SPDX-License-Identifier: Apache-2.0
package org.crtools.plan;

import static org.crtools.image.Arg.imm;
import static org.crtools.image.Arg.slot;

import org.crtools.image.Arg;
import org.crtools.image.Comparison;
import org.crtools.image.ProgramBuilder;
import org.crtools.image.Syscall;
import org.crtools.model.Credentials;

/**
 * Operations that turn the caller into the dumped user. Nothing here gives a right that the caller lacks: what he may
 * not set is told and stays as it is. Each is checked by its outcome, as a caller who already is that user may not
 * even set what he has.
 */
final class CredentialsPlan {
    private static final int PR_CAPBSET_READ = 23;
    private static final int PR_CAPBSET_DROP = 24;
    private static final int PR_SET_KEEPCAPS = 8;
    private static final int PR_GET_SECUREBITS = 27;
    private static final int PR_SET_SECUREBITS = 28;
    private static final int PR_CAP_AMBIENT = 47;
    private static final int PR_CAP_AMBIENT_RAISE = 2;
    private static final int PR_CAP_AMBIENT_CLEAR_ALL = 4;
    private static final int CAPABILITY_VERSION_3 = 0x20080522;
    private static final int LAST_CAPABILITY = 40;
    /** The number of SECBIT_KEEP_CAPS. */
    private static final int KEEP_CAPS = 4;

    /** Changing user ids then leaves the capabilities alone (SECBIT_NO_SETUID_FIXUP, SECBIT_KEEP_CAPS). */
    private static final int KEEP_CAPABILITIES = 0x14;

    private static final int CAP_SETPCAP = 8;
    private static final int CAP_CHECKPOINT_RESTORE = 40;
    private static final int ALL_LOW = -1;
    private static final int ALL_HIGH = (1 << LAST_CAPABILITY - 32 + 1) - 1;

    private CredentialsPlan() {}

    /**
     * For who is not root in a user namespace of his own: an execve would take the capabilities that he has there, and
     * with them the right to choose thread ids and to give up capabilities. {@link #add} ends it.
     */
    static void keepOverExecution(ProgramBuilder program) {
        int low = 1 << CAP_SETPCAP;
        int high = 1 << CAP_CHECKPOINT_RESTORE - 32;
        Arg header = program.ints(CAPABILITY_VERSION_3, 0);
        program.syscall(Syscall.CAPSET, header, program.ints(ALL_LOW, ALL_LOW, low, ALL_HIGH, ALL_HIGH, high))
                .mayFail();
        for (int capability : new int[] {CAP_SETPCAP, CAP_CHECKPOINT_RESTORE}) {
            program.syscall(Syscall.PRCTL, PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, capability, 0, 0)
                    .mayFail();
        }
    }

    static void add(ProgramBuilder program, Credentials credentials, int securebits) {
        int result = program.slot();
        program.syscall(Syscall.PRCTL, PR_SET_SECUREBITS, securebits | KEEP_CAPABILITIES)
                .mayFail();
        groups(program, credentials, result);
        ids(program, credentials);
        for (int capability = 0; capability <= LAST_CAPABILITY; capability++) {
            if ((credentials.bounding() >>> capability & 1) == 0) {
                dropFromBoundingSet(program, capability, result);
            }
        }
        program.syscall(Syscall.PRCTL, PR_SET_SECUREBITS, securebits).mayFail();
        // This one bit everybody may set (capabilities(7)), and needs no warning.
        program.syscall(Syscall.PRCTL, PR_SET_KEEPCAPS, securebits >>> KEEP_CAPS & 1)
                .mayFail();
        program.syscall(Syscall.PRCTL, PR_GET_SECUREBITS).into(result);
        program.expect(slot(result), Comparison.EQ, imm(securebits))
                .label("securebits")
                .warn();
        capabilities(program, credentials);
    }

    private static void groups(ProgramBuilder program, Credentials credentials, int result) {
        int count = credentials.supplementary().size();
        int[] list =
                credentials.supplementary().stream().mapToInt(Integer::intValue).toArray();
        Arg wanted = program.ints(list);
        program.about("groups");
        program.syscall(Syscall.SETGROUPS, imm(count), wanted).mayFail();
        Arg found = program.room(Math.max(1, count) * Integer.BYTES);
        program.syscall(Syscall.GETGROUPS, imm(count), count == 0 ? imm(0) : found)
                .into(result)
                .mayFail();
        program.expect(slot(result), Comparison.EQ, imm(count)).warn();
        if (count > 0) {
            program.expectSame(found, wanted, (long) count * Integer.BYTES).warn();
        }
    }

    private static void ids(ProgramBuilder program, Credentials credentials) {
        var groups = credentials.groups();
        var users = credentials.users();
        program.syscall(Syscall.SETRESGID, id(groups.get(0)), id(groups.get(1)), id(groups.get(2)))
                .label("group ids")
                .warn();
        if (!groups.get(3).equals(groups.get(1))) {
            program.syscall(Syscall.SETFSGID, id(groups.get(3)));
        }
        program.syscall(Syscall.SETRESUID, id(users.get(0)), id(users.get(1)), id(users.get(2)))
                .label("user ids")
                .warn();
        if (!users.get(3).equals(users.get(1))) {
            program.syscall(Syscall.SETFSUID, id(users.get(3)));
        }
    }

    private static Arg id(int id) {
        return imm(Integer.toUnsignedLong(id));
    }

    private static void dropFromBoundingSet(ProgramBuilder program, int capability, int result) {
        program.syscall(Syscall.PRCTL, PR_CAPBSET_READ, capability).into(result).mayFail();
        // 0: not there already; negative: unknown to this kernel. Threads that share the slot all see the same.
        program.skipIf(
                slot(result), Comparison.NE, imm(1), body -> body.syscall(Syscall.PRCTL, PR_CAPBSET_DROP, capability)
                        .label("capability bounding set")
                        .warn());
    }

    private static void capabilities(ProgramBuilder program, Credentials credentials) {
        program.about("capabilities");
        Arg header = program.ints(CAPABILITY_VERSION_3, 0);
        Arg sets = program.ints(
                (int) credentials.effective(),
                (int) credentials.permitted(),
                (int) credentials.inheritable(),
                (int) (credentials.effective() >>> 32),
                (int) (credentials.permitted() >>> 32),
                (int) (credentials.inheritable() >>> 32));
        program.syscall(Syscall.PRCTL, PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0)
                .mayFail();
        program.syscall(Syscall.CAPSET, header, sets).warn();
        for (int capability = 0; capability <= LAST_CAPABILITY; capability++) {
            if ((credentials.ambient() >>> capability & 1) != 0) {
                program.syscall(Syscall.PRCTL, PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, capability, 0, 0)
                        .warn();
            }
        }
    }
}
