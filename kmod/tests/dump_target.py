# SPDX-License-Identifier: Apache-2.0
"""What the tests of /proc/PID/dump share: the processes that are dumped, and comparisons."""
import ctypes
import os
import signal
import struct
import subprocess
import tempfile
import time
import traceback

import image
from image import Image, PAGE

HERE = os.environ["DUMPEES"]		# the folder that holds dumpee and dumpee-static
USER = 1000
libc = ctypes.CDLL(None, use_errno=True)
libc.ptrace.argtypes = [ctypes.c_long] * 4
libc.ptrace.restype = ctypes.c_long
PTRACE_CONT, PTRACE_DETACH, PTRACE_SETOPTIONS, PTRACE_GETREGSET = 7, 17, 0x4200, 0x4204
PTRACE_SEIZE, PTRACE_INTERRUPT, PTRACE_SYSCALL, PTRACE_SINGLESTEP = 0x4206, 0x4207, 24, 9
PTRACE_O_TRACESYSGOOD = 1


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
            # "ready" is said a moment before it waits.
            self.await_threads(b"SD")
            self.stop()

    def stop(self):
        os.kill(self.pid, signal.SIGSTOP)
        os.waitid(os.P_PID, self.pid, os.WSTOPPED | os.WNOWAIT)
        self.await_threads(b"Tt")

    def await_threads(self, states):
        """Until each is in one of these states, letters of proc(5)."""
        for task in os.listdir("/proc/%d/task" % self.pid):
            while state_of("%d/task/%s" % (self.pid, task)) not in states:
                time.sleep(0.01)

    def go_on(self):
        os.kill(self.pid, signal.SIGCONT)

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


def state_of(pid):
    with open("/proc/%s/stat" % pid, "rb") as stat:
        return stat.read().rsplit(b")", 1)[1].split()[0]


def as_tracer(pid, function, *arguments):
    """
    Calls function in a process that traces pid. Kernels with PROC_MEM_FORCE_PTRACE let only a tracer read from
    /proc/PID/mem what the process itself may not read.
    """
    before = state_of(pid)
    child = os.fork()
    if not child:
        failed = 1
        try:
            check(not libc.ptrace(PTRACE_SEIZE, pid, 0, 0), "cannot trace %d" % pid)
            function(*arguments)
            failed = 0
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(failed)
    _, status = os.waitpid(child, 0)
    # Without its tracer it goes back to the stop that it was in.
    while state_of(pid) != before:
        time.sleep(0.01)
    check(status == 0, "%s failed, see above" % function.__name__)


def same_memory(target, img, most=4096):
    """Every dumped byte is the process's, every other of the last @most pages of each of its anonymous mappings zero."""
    as_tracer(target.pid, compare_memory, target, img, most)


def compare_memory(target, img, most):
    for start, _, size, offset, _ in img.loads:
        for at in range(0, size, 1 << 20):
            part = min(size - at, 1 << 20)
            check(img.read(offset + at, part) == target.memory(start + at, part),
                  "data at %x" % (start + at))
    for vma in img.vmas:
        if vma.base != image.ANON or vma.file != image.NO_FILE:
            continue
        count = min((vma.end - vma.start) // PAGE, most)
        start = vma.end - count * PAGE
        for first, after in gaps(set(img.pages_of(start, count)), count):
            for at in range(first, after, 256):
                data = target.memory(start + at * PAGE, min(after - at, 256) * PAGE)
                check(not data.strip(b"\0"), "data missing in the pages from %x on" % (start + at * PAGE))


def gaps(numbers, count):
    """The runs, as (first, after), of what is missing from @numbers below @count."""
    first = 0
    for number in sorted(numbers) + [count]:
        if number > first:
            yield first, number
        first = number + 1


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
