# SPDX-License-Identifier: Apache-2.0
"""Tests of what /proc/PID/dump says of threads and signals."""
import os
import re
import signal
import struct
import subprocess
import time

import image
from image import PAGE
from dump_target import check, equal, near, Target, same_memory, regset, seize, detach, HERE


def test_registers():
    for state in (["spin"], ["threads", "7"], ["sleeps"]):
        with Target(*state, stop=False) as t:
            tids = seize(t.pid)
            for _ in range(6000):
                # It says that it is ready before it sets the registers.
                if state != ["spin"] or regset(t.pid, 1, 216)[8 * 3:8 * 4] == struct.pack("<Q", 0x1122334455667788):
                    break
                detach(tids)
                time.sleep(0.01)
                tids = seize(t.pid)
            img = t.image()
            equal(sorted(x["pid"] for x in img.threads), sorted(tids), "threads")
            equal(img.threads[0]["pid"], t.pid, "the leader is first")
            for thread in img.threads:
                regs = struct.unpack("<27Q", regset(thread["pid"], 1, 216))
                equal(thread["regs"], dict(zip(image.REGISTERS, regs)), "registers")
                equal(thread["fp"], regset(thread["pid"], 2, 512), "fpregs")
                if img.header.xstate_size:
                    equal(thread["xstate"], regset(thread["pid"], 0x202, 0x8000), "xstate")
            if state == ["spin"]:
                regs = img.threads[0]["regs"]
                equal((regs["r12"], regs["r13"]), (0x1122334455667788, 0x99aabbccddeeff00), "r12, r13")
                equal(img.threads[0]["fp"][160 + 7 * 16:160 + 8 * 16], bytes(range(0x10, 0x20)), "xmm7")
                equal((regs["gs"], regs["gs_base"]), (0x2b, 0), "gs")
                equal(regs["orig_rax"], (1 << 64) - 1, "orig_rax")
            detach(tids)


def test_rseq():
    with Target("rseq", stop=False) as t:
        for _ in range(5):
            time.sleep(0.05)
            t.stop()
            img = t.image()
            shown = subprocess.run(["nm", os.path.join(HERE, "dumpee")], capture_output=True,
                                   text=True, check=True).stdout
            symbol = int(re.search(r"(\w+) . rseq_aborted", shown).group(1), 16)
            base = min(v.start for v in img.vmas
                       if v.file == img.mm.exe) if symbol < 0x10000 * PAGE else 0
            if img.threads[0]["regs"]["rip"] == base + symbol:
                record = img.threads[0]["record"]
                check(record.rseq_ptr and record.rseq_len >= 32, "rseq area")
                return None
            t.go_on()
        raise AssertionError("never at the abort handler: %x" % img.threads[0]["regs"]["rip"])


def test_restart_blocks():
    for how in "stop", "seize":
        with Target("sleeps", stop=how == "stop") as t:
            tids = seize(t.pid) if how == "seize" else []
            img = t.image()
            records = {n: img.by_comm(n.encode())["record"]
                       for n in ("mono", "boot", "cpu", "poll", "futex")}
            equal([records[n].restart for n in ("mono", "boot", "cpu", "poll", "futex")],
                  [1, 1, 3, 5, 4], "kinds")
            equal([records[n].restart_clock for n in ("mono", "boot")], [1, 7], "clocks")
            for name, seconds in (("mono", 1000), ("boot", 2000), ("cpu", 3000), ("poll", 4000),
                                  ("futex", 5000)):
                near(records[name].restart_remaining, seconds, name)
            equal([records[n].restart_type for n in ("mono", "boot", "cpu")], [1, 1, 0], "rmtp")
            equal((records["poll"].restart_ptr, records["poll"].restart_flags),
                  (t.facts["pollfds"], 1), "poll")
            equal((records["futex"].restart_ptr, records["futex"].restart_val,
                   records["futex"].restart_flags), (t.facts["futex"], 99, 0), "futex")
            equal(img.threads[0]["record"].restart, 0, "pause() has none")
            equal(img.by_comm(b"mono")["regs"]["rax"], (1 << 64) - 516, "raw rax")
            detach(tids)


def test_signals():
    with Target("signals", uid=0) as t:
        img = t.image()
        thread = img.threads[0]["record"]
        rt = signal.SIGRTMIN
        queued = [(s, v) for s, c, v in img.signals.pending]
        # The C library keeps the first two real-time signals.
        equal([v for s, v in queued if v in (70, 71, 72)], [70, 71, 72], "queued, in order")
        check(any(s == signal.SIGUSR2 for s, _ in queued), "SIGUSR2 to the process")
        equal([s for s, _, _ in thread.pending], [signal.SIGUSR1], "SIGUSR1 to the thread")
        actions = img.signals.actions
        usr1 = actions[4 * (signal.SIGUSR1 - 1):4 * signal.SIGUSR1]
        check(usr1[0] > 1 and usr1[1] & 0x10000004 == 0x10000004, "handler of SIGUSR1")
        equal(usr1[3], 1 << signal.SIGHUP - 1, "mask of SIGUSR1")
        equal(actions[4 * (signal.SIGPIPE - 1)], 1, "SIGPIPE is ignored")
        everything = (1 << 64) - 1 & ~(1 << signal.SIGKILL - 1) & ~(1 << signal.SIGSTOP - 1)
        # The C library lets its own two through.
        equal(thread.sigmask | 3 << 31, everything, "mask")
        equal((thread.altstack_sp, thread.altstack_size, thread.altstack_flags),
              (t.facts["altstack"], 16 * PAGE, 0), "altstack")
        equal((thread.pdeath_signal, thread.timer_slack, thread.no_new_privs),
              (signal.SIGTERM, 123456, 1), "prctl")
        equal(thread.comm.rstrip(b"\0"), b"the \xff name", "comm")
        check(thread.robust_list and thread.clear_child_tid, "robust list, child tid")
        check(thread.tflags & 2, "group-stopped")
        equal((img.mm.child_subreaper, img.mm.thp_disable, img.mm.mlock_future), (1, 1, 2), "mm")
        equal(img.mm.membarrier, 3, "membarrier")
        equal(img.mm.personality, 0x0200000, "personality")
        equal(img.mm.dumpable, 1, "dumpable")
        timers = img.timers
        near(timers.itimer[0], 500, "ITIMER_REAL")
        equal(timers.itimer[1], 7 * 10**9, "interval")
        equal(timers.itimer[2:4], (0, 0), "ITIMER_VIRTUAL")
        near(timers.itimer[4], 900, "ITIMER_PROF")
        posix = {p.value & 0xFFFFFFFF: p for p in timers.posix}
        equal(sorted(posix), [11, 12, 13, 14], "POSIX timers")
        equal([posix[v].clock for v in (11, 12, 14)], [1, 0, 1], "clocks")
        check(posix[13].clock < 0, "a CPU clock")
        equal([posix[v].notify for v in (11, 12, 13, 14)], [0, 4, 0, 1], "notification")
        equal(posix[12].tid, t.pid, "thread of a timer")
        for value, seconds in ((11, 600), (12, 700), (13, 800)):
            near(posix[value].value_ns, seconds, "timer %d" % value)
        equal((posix[14].value_ns, posix[12].interval_ns), (0, 5 * 10**9), "values")
        equal([posix[v].id for v in (11, 12, 13, 14)], [0, 1, 2, 3], "ids")
        check(rt >= 34, "SIGRTMIN")


def test_many_threads():
    with Target("threads", "511") as t:
        before = time.monotonic()
        img = t.image()
        took = time.monotonic() - before
        equal(img.header.nr_threads, 512, "threads")
        names = {x["record"].comm.rstrip(b"\0") for x in img.threads[1:]}
        equal(names, {b"sleeper %d" % i for i in range(1, 512)}, "names")
        # What a thread has touched of its stack is at its end.
        same_memory(t, img, 16)
        return "%.0f ms, %d kB" % (took * 1000, img.size / 1024)
