# SPDX-License-Identifier: Apache-2.0
"""Tests of /proc/PID/dump, run as root in a virtual machine with the module loaded.

usage: dump_guest.py DIRECTORY [TEST...]     DIRECTORY holds dumpee and dumpee-static
"""
import ctypes
import errno
import hashlib
import os
import re
import resource
import signal
import struct
import subprocess
import sys
import tempfile
import time

import image
from image import Image, PAGE

HERE = os.path.abspath(sys.argv[1])
USER = 1000
libc = ctypes.CDLL(None, use_errno=True)
libc.ptrace.argtypes = [ctypes.c_long] * 4
libc.ptrace.restype = ctypes.c_long
PTRACE_CONT, PTRACE_DETACH, PTRACE_GETREGSET = 7, 17, 0x4204
PTRACE_SEIZE, PTRACE_INTERRUPT, PTRACE_SYSCALL = 0x4206, 0x4207, 24


def check(condition, text="does not hold"):
    if not condition:
        raise AssertionError(text)


def equal(got, wanted, text=""):
    if got != wanted:
        raise AssertionError("%s: %r, not %r" % (text, got, wanted))


def near(got, wanted, text):
    if not wanted - 30 < got / 1e9 <= wanted + 0.05:	# the kernel may add some ticks
        raise AssertionError("%s: %.3f s, not %d s" % (text, got / 1e9, wanted))


def failure(call, *args):
    try:
        call(*args)
    except OSError as error:
        return error.errno
    return 0


class Target:
    """A dumpee; stopped by SIGSTOP unless told otherwise."""

    def __init__(self, *args, stop=True, program="dumpee", uid=USER, wait=True):
        self.dir = tempfile.mkdtemp(dir="/tmp")
        os.chown(self.dir, uid, uid)
        self.process = subprocess.Popen([os.path.join(HERE, program), *args], user=uid, group=uid,
                                        extra_groups=[], cwd=self.dir, stdout=subprocess.PIPE,
                                        stdin=subprocess.DEVNULL)
        self.pid = self.process.pid
        self.dump = "/proc/%d/dump" % self.pid
        self.facts = {}
        for line in self.process.stdout if wait else ():
            if line == b"ready\n":
                break
            name, value = line.split()
            self.facts[name.decode()] = int(value)
        else:
            check(not wait, "%s ended with %s" % (args, self.process.poll()))
        if stop:
            time.sleep(0.05)
            self.stop()

    def stop(self):
        os.kill(self.pid, signal.SIGSTOP)
        os.waitid(os.P_PID, self.pid, os.WSTOPPED | os.WNOWAIT)
        for task in os.listdir("/proc/%d/task" % self.pid):
            while True:
                with open("/proc/%d/task/%s/stat" % (self.pid, task), "rb") as stat:
                    if stat.read().rsplit(b")", 1)[1].split()[0] in b"Tt":
                        break
                time.sleep(0.01)

    def go_on(self):
        os.kill(self.pid, signal.SIGCONT)
        time.sleep(0.05)

    def end(self):
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()
        subprocess.run(["rm", "-rf", self.dir], check=True)

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        self.end()

    def save(self, path=None):
        path = path or self.dir + "/img"
        with open(self.dump, "rb", buffering=0) as dump, open(path, "wb") as out:
            while data := dump.read(1 << 17):
                out.write(data)
        return path

    def image(self):
        return Image(self.save())

    def memory(self, address, size):
        with open("/proc/%d/mem" % self.pid, "rb", buffering=0) as mem:
            mem.seek(address)
            return mem.read(size)


def same_memory(target, img):
    """Every dumped byte is the process's, every other page of its anonymous memory zero."""
    for start, _, size, offset, _ in img.loads:
        for at in range(0, size, 1 << 20):
            part = min(size - at, 1 << 20)
            check(img.read(offset + at, part) == target.memory(start + at, part),
                  "data at %x" % (start + at))
    for vma in img.vmas:
        if vma.base != image.ANON or vma.file != image.NO_FILE:
            continue
        count = min((vma.end - vma.start) // PAGE, 4096)
        dumped = set(img.pages_of(vma.start, count))
        for i in range(count):
            if i not in dumped:
                check(not target.memory(vma.start + i * PAGE, PAGE).strip(b"\0"),
                      "a page with data is missing at %x" % (vma.start + i * PAGE))


def same_maps(target, img):
    """The VMA table says what /proc/PID/maps says."""
    rows = []
    with open("/proc/%d/maps" % target.pid, "rb") as maps:
        for line in maps:
            fields = line.rstrip(b"\n").split(None, 5)
            name = fields[5] if len(fields) > 5 else b""
            if name != b"[vsyscall]":
                rows.append((fields, name))
    equal(len(img.vmas), len(rows), "number of VMAs")
    for vma, (fields, name) in zip(img.vmas, rows):
        start, end = (int(x, 16) for x in fields[0].split(b"-"))
        flags = "".join(c if vma.vflags >> i & 1 else "-" for i, c in enumerate("rwx"))
        flags += "s" if vma.vflags & image.SHARED else "p"
        equal((vma.start, vma.end, flags.encode()), (start, end, fields[1]), "VMA")
        if vma.file != image.NO_FILE:
            file = img.files[vma.file]
            deleted = b" (deleted)" if file.fflags & 1 else b""
            equal(file.path.replace(b"\n", rb"\012") + deleted, name, "path")
            equal(vma.offset, int(fields[2], 16), "offset")
            equal(file.ino, int(fields[4]), "inode")
            major, minor = (int(x, 16) for x in fields[3].split(b":"))
            equal((file.dev_major, file.dev_minor), (major, minor), "device")


def test_anonymous():
    with Target("anon") as t:
        img = t.image()
        same_memory(t, img)
        same_maps(t, img)
        f = t.facts
        equal(img.pages_of(f["anon"], 64), list(range(0, 64, 4)), "touched pages")
        equal(img.pages_of(f["zeros"], 2048), [700, 1500], "pages full of zeros")
        equal(img.pages_of(f["none"], 10), [2, 3, 4], "pages without access")
        equal(img.pages_of(f["sparse"], 16384), [5000], "sparse pages")
        equal(img.pages_of(f["huge"], 4096), list(range(4096)), "huge pages")
        equal(img.pages_of(f["growsdown"], 8), [7], "stack-like memory")
        check(img.vma_at(f["growsdown"]).vflags & 0x10, "GROWSDOWN")
        flags = [img.vma_at(f["advised"] + i * PAGE).vflags for i in range(4)]
        check(flags[0] & 0x100 and flags[1] & 0x200 and flags[2] & 0x400, "advice")
        name = img.vma_at(f["advised"] + 3 * PAGE).name
        check(name in (b"a name of ours", b""), "name %r" % name)
        zero = img.vma_at(f["devzero"])
        equal((zero.base, zero.file), (image.ANON, image.NO_FILE), "private /dev/zero")
        equal(img.pages_of(f["devzero"], 4), [1], "pages of /dev/zero")
        check(img.vma_at(f["locked"]).vflags & 0x40, "LOCKED")
        check(img.vma_at(f["huge"]).vflags & 0x800, "HUGEPAGE")
        stacks = [v for v in img.vmas if v.vflags & 0x20000]
        equal(len(stacks), 1, "stacks")
        check(stacks[0].vflags & 0x10, "the stack grows")
        data = sum(size for _, _, size, _, _ in img.loads)
        with open("/proc/%d/smaps_rollup" % t.pid) as smaps:
            owned = int(re.search(r"Anonymous: +(\d+)", smaps.read()).group(1)) * 1024
        check(data <= owned + 4 * PAGE, "%d bytes of data for %d of memory" % (data, owned))


def test_huge_pages_stay():
    """A dump must not split them."""
    def huge(pid):
        with open("/proc/%d/smaps_rollup" % pid) as smaps:
            return int(re.search(r"AnonHugePages: +(\d+)", smaps.read()).group(1))
    with Target("anon") as t:
        before = huge(t.pid)
        t.save()
        equal(huge(t.pid), before, "huge pages")
        return "%d kB" % before


def test_files():
    with Target("files") as t:
        img = t.image()
        same_memory(t, img)
        same_maps(t, img)
        f = t.facts
        equal(img.pages_of(f["private"], 16), [3, 9], "written pages")
        equal(img.pages_of(f["shared"], 16), [], "shared file")
        file = img.files[img.vma_at(f["private"]).file]
        equal((file.path, file.size), (os.path.join(t.dir, "plain.data").encode(), 16 * PAGE))
        check(file.fflags & 0x10, "CHECK")
        equal(img.vma_at(f["shared"]).file, img.vma_at(f["private"]).file, "one file, one entry")
        check(img.vma_at(f["shared"]).vflags & 0x10000, "MAYWRITE")
        readonly = img.vma_at(f["readonly"])
        check(readonly.vflags & 0x10008 == 8, "a shared mapping for reading")

        gone = img.vma_at(f["gone_private"])
        equal((gone.base, img.files[gone.file].fflags & 1), (image.ANON, 1), "deleted, private")
        equal(img.pages_of(f["gone_private"], 12), list(range(9)), "pages of a deleted file")
        gone = img.vma_at(f["gone_shared"])
        equal(gone.base, image.SHMEM, "deleted, shared")
        equal(img.pages_of(f["gone_shared"], 12), list(range(10)), "pages of a deleted file")

        shmem = img.vma_at(f["shmem"])
        equal((shmem.base, img.files[shmem.file].fflags), (image.SHMEM, 3), "anonymous, shared")
        equal(img.pages_of(f["shmem"], 32), [4, 5, 20], "pages of shared memory")
        memfd = img.vma_at(f["memfd"])
        equal((memfd.base, img.files[memfd.file].fflags), (image.SHMEM, 5), "memfd")
        equal(img.files[memfd.file].path, b"/memfd:of ours", "name of the memfd")
        # The first one was made when the private mapping wrote to it.
        equal(img.pages_of(f["memfd"], 20), [0, 7, 8], "pages of a memfd")
        private = img.vma_at(f["memfd_private"])
        equal(private.base, image.ANON, "memfd, private")
        equal(img.pages_of(f["memfd_private"], 20), [0, 7, 8], "pages of a private memfd")
        odd = img.files[img.vma_at(f["odd"]).file]
        check(odd.path.endswith(b"/odd \n name\xff"), "path with a newline: %r" % odd.path)


def test_dump_leaves_holes():
    """Reading an image makes no page of shared memory or of the heap."""
    def owned(pid):
        with open("/proc/%d/status" % pid) as status:
            result = re.findall(r"RssAnon:\s+(\d+)", status.read())
        for name in sorted(os.listdir("/proc/%d/map_files" % pid)):
            result.append((name, os.stat("/proc/%d/map_files/%s" % (pid, name)).st_blocks))
        return result
    for state in "anon", "files":
        with Target(state) as t:
            before = owned(t.pid)
            t.save()
            equal(owned(t.pid), before, "memory")


def test_build_id():
    with Target("anon") as t:
        img = t.image()
        exe = img.files[img.mm.exe]
        equal(exe.path, os.path.join(HERE, "dumpee").encode(), "exe")
        shown = subprocess.run(["readelf", "-n", exe.path], capture_output=True, text=True, check=True)
        wanted = re.search("Build ID: ([0-9a-f]+)", shown.stdout)
        check(wanted, "the program has no build id")
        equal(exe.build_id[:exe.build_id_len].hex(), wanted.group(1), "build id")
        libc_file = next(f for f in img.files if b"libc.so" in f.path)
        check(libc_file.build_id_len == 20, "build id of libc")


def test_mm():
    with Target("anon") as t:
        img = t.image()
        with open("/proc/%d/stat" % t.pid, "rb") as stat:
            fields = stat.read().rsplit(b")", 1)[1].split()
        numbers = [int(x) for x in fields[1:]]
        mm = img.mm
        equal((mm.start_code, mm.end_code, mm.start_stack), tuple(numbers[22:25]), "code")
        equal((mm.start_data, mm.end_data, mm.start_brk), tuple(numbers[41:44]), "data")
        equal((mm.arg_start, mm.arg_end, mm.env_start, mm.env_end), tuple(numbers[44:48]), "args")
        with open("/proc/%d/auxv" % t.pid, "rb") as auxv:
            wanted = auxv.read()
        got = next(d for n, k, d in img.notes if k == image.NT_AUXV)
        check(wanted.startswith(got) and got[-16:] == bytes(16), "auxv")
        with open("/proc/%d/maps" % t.pid) as maps:
            text = maps.read()
        low = int(re.search(r"^(\w+)-.*\[vvar\]", text, re.M).group(1), 16)
        code, end = (int(x, 16) for x in re.search(r"^(\w+)-(\w+).*\[vdso\]", text, re.M).groups())
        equal((mm.vdso_base, mm.vdso_size, mm.vdso_code), (low, end - low, code), "vdso")
        vdso = img.memory(code, end - code)
        equal(__import__("zlib").crc32(vdso), mm.vdso_crc, "CRC of the vdso")
        # Heap and stack end where the process says.
        heap = re.search(r"^(\w+)-(\w+).*\[heap\]", text, re.M)
        if heap:
            check(int(heap.group(1), 16) <= mm.brk <= int(heap.group(2), 16), "brk")
        # Another process's vdso: the same.
        with Target("anon") as other:
            equal(other.image().mm.vdso_crc, mm.vdso_crc, "CRC of another's vdso")


def regset(tid, kind, size):
    data = ctypes.create_string_buffer(size)
    iov = struct.pack("<QQ", ctypes.addressof(data), size)
    buffer = ctypes.create_string_buffer(iov, 16)
    check(libc.ptrace(PTRACE_GETREGSET, tid, kind, ctypes.addressof(buffer)) == 0, "GETREGSET")
    return data.raw[:struct.unpack_from("<Q", buffer.raw, 8)[0]]


def seize(pid):
    tids = [int(x) for x in os.listdir("/proc/%d/task" % pid)]
    for tid in tids:
        check(libc.ptrace(PTRACE_SEIZE, tid, 0, 0) == 0, "SEIZE")
        check(libc.ptrace(PTRACE_INTERRUPT, tid, 0, 0) == 0, "INTERRUPT")
    for tid in tids:
        os.waitpid(tid, 0x40000000)
    return tids


def detach(tids):
    for tid in tids:
        libc.ptrace(PTRACE_DETACH, tid, 0, 0)


def test_registers():
    for state in (["spin"], ["threads", "7"], ["sleeps"]):
        with Target(*state, stop=False) as t:
            time.sleep(0.1)
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
        same_memory(t, img)
        return "%.0f ms, %d kB" % (took * 1000, img.size / 1024)


def gdb(program, img, *commands):
    args = [x for c in commands for x in ("-ex", c)]
    return subprocess.run(["gdb", "-nx", "-batch", *args, program, img], capture_output=True,
                          text=True, env=dict(os.environ, DEBUGINFOD_URLS=""), check=False)


def test_tools_read_it():
    for program in "dumpee", "dumpee-static":
        with Target("threads", "3", program=program) as t:
            path = t.save()
            shown = subprocess.run(["readelf", "-a", "-W", path], capture_output=True, text=True,
                                   check=False)
            equal((shown.returncode, shown.stderr), (0, ""), "readelf")
            check("Unknown note type:\t(0x4352540" in shown.stdout.replace("type: (", "type:\t("))
            full = os.path.join(HERE, program)
            result = gdb(full, path, "info threads", "thread apply all bt", "thread 2",
                         "frame function sleeper", "p local", "p futex_word", "info auxv")
            complaints = re.sub(r".*dumpee\.c: No such file or directory\.\n", "", result.stderr)
            equal(complaints, "", "gdb's complaints")
            check("Failed to read" not in result.stdout, "the vdso is not readable")
            for wanted in ("sleeper (marker=0x1)", "sleeper (marker=0x3)", " in main (", "= 99\n",
                           "AT_SYSINFO_EHDR"):
                check(wanted in result.stdout, "gdb does not show %r:\n%s" % (wanted, result.stdout))
            equal(len(re.findall(r"^Thread \d+ ", result.stdout, re.M)), 4, "backtraces")


def test_seek():
    with Target("anon") as t, open(t.dump, "rb", buffering=0) as dump:
        size = os.fstat(dump.fileno()).st_size
        whole = dump.read(1 << 30)
        while more := dump.read(1 << 30):
            whole += more
        equal(len(whole), size, "st_size")
        equal(dump.seek(0, os.SEEK_END), size, "SEEK_END")
        equal(dump.read(10), b"", "end of file")
        equal(failure(dump.seek, -1), errno.EINVAL, "before the start")
        equal(failure(dump.seek, size, os.SEEK_DATA), errno.ENXIO, "data behind the end")
        pos, holes = 0, 0
        while pos < size:
            hole = dump.seek(pos, os.SEEK_HOLE)
            check(hole > pos, "no data where data starts")
            try:
                data = dump.seek(hole, os.SEEK_DATA)
            except OSError:
                data = size
            check(not whole[hole:data].strip(b"\0"), "data in a hole")
            holes += data - hole
            pos = data
        check(holes > 0, "an aligned long run leaves a hole")
        for offset in 0, 1, 4095, size // 3, size - 1:
            equal(os.pread(dump.fileno(), 5000, offset), whole[offset:offset + 5000], "pread")
        equal(os.pread(dump.fileno(), 5, size + 100), b"", "behind the end")
        check(failure(os.pread, dump.fileno(), 5, (1 << 63) - 5) in (0, errno.EINVAL), "far away")
        equal(failure(os.write, dump.fileno(), b"x"), errno.EBADF, "writing")
        return "%d bytes in holes of %d" % (holes, size)


def test_ways_of_reading():
    """All give the same bytes, which are of one open, as ids and times differ."""
    def digest(path):
        with open(path, "rb") as file:
            return hashlib.sha256(file.read()).hexdigest()
    with Target("anon") as t:
        fd = os.open(t.dump, os.O_RDONLY)
        size = os.fstat(fd).st_size
        want = hashlib.sha256()
        for offset in range(0, size, 1 << 20):
            want.update(os.pread(fd, 1 << 20, offset))
        want = want.hexdigest()
        out = t.dir + "/out"

        for block in (1, 511, 4095, 4097, 123457):
            got = b""
            for offset in range(0, min(size, block * 3000), block):
                got += os.pread(fd, block, offset)
            equal(got, os.pread(fd, len(got), 0), "blocks of %d" % block)
        for chunk in (size, 1 << 16, 12345, 1 << 20):
            with open(out, "wb") as file:
                pos = 0
                while pos < size:
                    sent = os.sendfile(file.fileno(), fd, pos, chunk)
                    check(sent > 0, "sendfile")
                    pos += sent
            equal(digest(out), want, "sendfile by %d" % chunk)
        # splice into a pipe, at odd positions
        read_end, write_end = os.pipe()
        pos, parts = 0, []
        while pos < size:
            sent = os.splice(fd, write_end, 54321, offset_src=pos)
            check(sent > 0, "splice")
            data = b""
            while len(data) < sent:
                data += os.read(read_end, sent - len(data))
            parts.append(data)
            pos += sent
        equal(hashlib.sha256(b"".join(parts)).hexdigest(), want, "splice")
        equal(os.splice(fd, write_end, 100, offset_src=size), 0, "splice at the end")
        os.close(read_end)
        os.close(write_end)
        for command in ("cat <&3 >%s", "dd bs=777 <&3 of=%s status=none", "cp --sparse=always /dev/fd/3 %s",
                        "dd bs=1M <&3 of=%s status=none", "cp --sparse=auto /dev/fd/3 %s"):
            if "cp" in command:
                # cp opens a name anew, so this is a dump of its own
                subprocess.run(command.replace("/dev/fd/3", t.dump) % out, shell=True, check=True)
                same_memory(t, Image(out))
                check("always" not in command or os.stat(out).st_blocks * 512 <= size, "sparse")
            else:
                os.lseek(fd, 0, os.SEEK_SET)
                subprocess.run(command % out, shell=True, check=True, pass_fds=[3] if fd == 3 else [],
                               preexec_fn=lambda: os.dup2(fd, 3))
                equal(digest(out), want, command)
        os.close(fd)


def test_liveness():
    with Target("anon", stop=False) as t:
        equal(failure(open, t.dump, "rb"), errno.EBUSY, "a running process")
        t.stop()
        with open(t.dump, "rb", buffering=0) as dump:
            first = dump.read(8192)
            equal(len(first), 8192, "stopped")
            t.go_on()
            equal(failure(dump.read, 10), errno.ESTALE, "running")
            t.stop()
            equal(failure(dump.read, 10), errno.ESTALE, "ran")
            equal(failure(dump.seek, 0), 0, "seek")
            equal(failure(dump.read, 10), errno.ESTALE, "ran, again")
            with open(t.dump, "rb", buffering=0) as again:
                check(again.read(10), "opened anew")
    with Target("threads", "3", stop=False) as t:
        tids = sorted(int(x) for x in os.listdir("/proc/%d/task" % t.pid))
        for tid in tids[:2]:
            libc.ptrace(PTRACE_SEIZE, tid, 0, 0)
            libc.ptrace(PTRACE_INTERRUPT, tid, 0, 0)
            os.waitpid(tid, 0x40000000)
        equal(failure(open, t.dump, "rb"), errno.EBUSY, "two threads of four run")
        detach(tids[:2])
    equal(failure(open, "/proc/self/dump", "rb"), errno.EBUSY, "oneself")
    equal(failure(open, "/proc/2/dump", "rb"), errno.ESRCH, "a kernel thread")


def test_syscall_stop():
    """Inside a system call there is nothing to continue from."""
    with Target("anon") as t:
        os.kill(t.pid, signal.SIGCONT)
        seize(t.pid)
        # pause() is interrupted and entered again: its entry is a stop.
        check(libc.ptrace(PTRACE_SYSCALL, t.pid, 0, 0) == 0, "SYSCALL")
        os.waitpid(t.pid, 0x40000000)
        regs = struct.unpack("<27Q", regset(t.pid, 1, 216))
        if regs[10] == (1 << 64) - 38:
            equal(failure(open, t.dump, "rb"), errno.EBUSY, "at the entry of a system call")
        detach([t.pid])


def test_freezer():
    root = "/sys/fs/cgroup"
    if not os.path.exists(root + "/cgroup.controllers"):
        subprocess.run(["mount", "-t", "cgroup2", "none", root], check=True)
    group = root + "/crtools-test"
    os.makedirs(group, exist_ok=True)
    with Target("sleeps", stop=False) as t:
        with open(group + "/cgroup.procs", "w") as procs:
            procs.write(str(t.pid))
        with open(group + "/cgroup.freeze", "w") as freeze:
            freeze.write("1")
        for _ in range(100):
            with open(group + "/cgroup.events") as events:
                if "frozen 1" in events.read():
                    break
            time.sleep(0.02)
        img = t.image()
        equal(img.header.nr_threads, 6, "threads")
        near(img.by_comm(b"mono")["record"].restart_remaining, 1000, "mono")
        same_memory(t, img)
        with open(group + "/cgroup.freeze", "w") as freeze:
            freeze.write("0")
        time.sleep(0.2)
        equal(failure(open, t.dump, "rb"), errno.EBUSY, "thawed")
    os.rmdir(group)


def test_death():
    with Target("big", "64") as t:
        def free():
            with open("/proc/meminfo") as info:
                return int(re.search(r"MemFree: +(\d+)", info.read()).group(1))
        dump = open(t.dump, "rb", buffering=0)
        check(dump.read(100000), "alive")
        os.splice(dump.fileno(), os.pipe()[1], 65536)
        before = free()
        t.process.kill()
        t.process.wait()
        time.sleep(0.3)
        freed = free() - before
        check(freed > 50 * 1024, "the memory of a dead process is pinned: %d kB freed" % freed)
        equal(failure(dump.read, 10), errno.ESRCH, "dead")
        dump.close()


def as_user(call, *args):
    """The errno of a call that an ordinary user makes."""
    child = os.fork()
    if not child:
        code = 255
        try:
            os.setgroups([])
            os.setresgid(USER, USER, USER)
            os.setresuid(USER, USER, USER)
            code = failure(call, *args)
        finally:
            os._exit(code)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def read_all(path):
    with open(path, "rb", buffering=0) as file:
        while file.read(1 << 20):
            pass


def test_rights():
    with Target("anon") as t:
        equal(as_user(read_all, t.dump), 0, "one's own")
        equal(oct(os.stat(t.dump).st_mode), "0o100600", "mode")
    with Target("anon", uid=0) as t:
        equal(as_user(open, t.dump, "rb"), errno.EACCES, "root's")
    with Target("anon", uid=1234) as t:
        equal(as_user(open, t.dump, "rb"), errno.EACCES, "another user's")
    # A program with more rights than its user.
    path = "/usr/local/bin/setuid-dumpee"	# /tmp may be nosuid
    subprocess.run(["cp", os.path.join(HERE, "dumpee-static"), path], check=True)
    os.chmod(path, 0o4755)
    with Target("anon", program=path) as t:
        check(as_user(open, t.dump, "rb") in (errno.EACCES, errno.EPERM), "a setuid program")
    os.unlink(path)
    # One that may be executed, but not read.
    subprocess.run(["cp", os.path.join(HERE, "dumpee-static"), path], check=True)
    os.chmod(path, 0o711)
    with Target("anon", program=path) as t:
        check(as_user(open, t.dump, "rb") in (errno.EACCES, errno.EPERM), "an unreadable program")
    os.unlink(path)


def test_refused():
    with open("/proc/sys/vm/nr_hugepages", "w") as pages:
        pages.write("8")
    left_out = []
    for kind in ("uffd", "hugetlb", "secretmem", "sysv", "aio", "io_uring", "seccomp", "ldt", "vm"):
        try:
            t = Target("refused", kind, uid=0)
        except AssertionError:
            left_out.append(kind)	# this kernel has none
            continue
        with t:
            equal(failure(open, t.dump, "rb"), errno.EOPNOTSUPP, kind)
            if kind == "vm":
                subprocess.run(["pkill", "-9", "-P", str(t.pid)], check=False)
    with open("/proc/sys/vm/nr_hugepages", "w") as pages:
        pages.write("0")
    check(set(left_out) <= {"secretmem", "io_uring"}, "not made: %s" % left_out)
    return "without %s" % left_out if left_out else None


def test_swap():
    swap = "/var/tmp/swapfile"
    subprocess.run("dd if=/dev/zero of=%s bs=1M count=96 status=none && chmod 600 %s && "
                   "mkswap -q %s && swapon %s" % (swap, swap, swap, swap), shell=True, check=True)
    with Target("big", "32") as t:
        libc.syscall.restype = ctypes.c_long
        pidfd = libc.syscall(434, t.pid, 0)
        with open("/proc/%d/maps" % t.pid) as maps:
            start, end = max(((int(a, 16), int(b, 16)) for a, b in
                              re.findall(r"^(\w+)-(\w+) rw-p 0+ 00:00", maps.read(), re.M)),
                             key=lambda r: r[1] - r[0])
        iov = ctypes.create_string_buffer(struct.pack("<QQ", start, end - start), 16)
        done = libc.syscall(440, pidfd, ctypes.c_void_p(ctypes.addressof(iov)), ctypes.c_size_t(1),
                            21, 0)		# MADV_PAGEOUT
        os.close(pidfd)
        check(done > 0, "process_madvise")
        with open("/proc/%d/status" % t.pid) as status:
            swapped = int(re.search(r"VmSwap:\s+(\d+)", status.read()).group(1))
        check(swapped > 16000, "only %d kB swapped out" % swapped)
        img = t.image()
        same_memory(t, img)
        equal(len(img.pages_of(start, 32 * 256)), 32 * 256, "pages")
    subprocess.run(["swapoff", swap], check=True)
    os.unlink(swap)
    return "%d kB swapped out" % swapped


def test_speed():
    with Target("big", "256") as t:
        results = []
        for how in "sendfile", "read":
            best = 1e9
            for _ in range(3):
                out = os.open("/dev/shm/out", os.O_RDWR | os.O_CREAT | os.O_TRUNC)
                begin = time.monotonic()
                fd = os.open(t.dump, os.O_RDONLY)
                opened = time.monotonic()
                size = os.fstat(fd).st_size
                pos = 0
                while pos < size:
                    if how == "sendfile":
                        pos += os.sendfile(out, fd, pos, size)
                    else:
                        pos += os.write(out, os.pread(fd, 1 << 17, pos))
                best = min(best, time.monotonic() - begin)
                os.close(fd)
                os.close(out)
            results.append("%s %.0f ms" % (how, best * 1000))
        os.unlink("/dev/shm/out")
        return "256 MiB: %s, of it open %.0f ms" % (", ".join(results), (opened - begin) * 1000)


def test_memory_is_returned():
    """Opening again and again leaves nothing behind."""
    def unreclaimable():
        with open("/proc/meminfo") as info:
            text = info.read()
        return sum(int(re.search(name + r": +(\d+)", text).group(1))
                   for name in ("SUnreclaim", "VmallocUsed"))
    with Target("threads", "60") as t:
        for _ in range(20):
            read_all(t.dump)
        before = unreclaimable()
        for _ in range(200):
            read_all(t.dump)
        grown = unreclaimable() - before
        check(grown < 4000, "%d kB more" % grown)
        # Refused halfway: the same.
    with Target("refused", "aio") as t:
        before = unreclaimable()
        for _ in range(200):
            failure(open, t.dump, "rb")
        check(unreclaimable() - before < 4000, "failing opens keep memory")


def main():
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    tests = {n[5:]: f for n, f in globals().items() if n.startswith("test_")}
    failed = 0
    for name in sys.argv[2:] or tests:
        begin = time.monotonic()
        try:
            remark = tests[name]()
            print("ok   %-20s %5.1f s  %s" % (name, time.monotonic() - begin, remark or ""), flush=True)
        except Exception as error:		# every kind is a failure of this test
            failed += 1
            if not isinstance(error, (AssertionError, image.Bad)):
                __import__("traceback").print_exc()
            print("FAIL %-20s %s: %s" % (name, type(error).__name__, error), flush=True)
    print("%d of %d failed" % (failed, len(sys.argv[2:] or tests)))
    return 1 if failed else 0


sys.exit(main())
