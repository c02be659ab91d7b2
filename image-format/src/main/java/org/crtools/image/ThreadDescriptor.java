// SPDX-License-Identifier: Apache-2.0
package org.crtools.image;

/** Byte offsets of the fields of {@code struct crt_thread} in crtools_format.h, under the same names. */
public final class ThreadDescriptor {
    public static final int NOTE = 0;
    public static final int TID = 8;
    public static final int FLAGS = 12;
    public static final int SIGMASK = 16;
    public static final int SAVED_SIGMASK = 24;
    public static final int ALTSTACK_SP = 32;
    public static final int ALTSTACK_SIZE = 40;
    public static final int ALTSTACK_FLAGS = 48;
    public static final int RSEQ_LEN = 52;
    public static final int RSEQ_PTR = 56;
    public static final int RSEQ_SIG = 64;
    public static final int NR_PENDING = 68;
    public static final int ROBUST_LIST = 72;
    public static final int ROBUST_LIST_LEN = 80;
    public static final int CLEAR_CHILD_TID = 88;
    public static final int RESTART = 96;
    public static final int RESTART_CLOCK = 100;
    public static final int RESTART_TYPE = 104;
    public static final int RESTART_FLAGS = 108;
    public static final int RESTART_PTR = 112;
    public static final int RESTART_VAL = 120;
    public static final int RESTART_BITSET = 128;
    public static final int RESTART_HAS_TIMEOUT = 132;
    public static final int RESTART_REMAINING_NS = 136;
    public static final int PDEATH_SIGNAL = 144;
    public static final int SECUREBITS = 148;
    public static final int NO_NEW_PRIVS = 152;
    public static final int TIMER_SLACK_HI = 156;
    public static final int TIMER_SLACK_NS = 160;
    public static final int COMM = 168;
    public static final int BYTES = 184;

    private ThreadDescriptor() {}
}
