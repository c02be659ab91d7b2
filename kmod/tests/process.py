# SPDX-License-Identifier: Apache-2.0
"""Programs and images to be executed in some situation, and asked to do system calls (server.c)."""
import contextlib
import ctypes
import errno
import os
import re
import select
import signal
import struct
import time

import edit_image
import image
from dump_target import check, failure

USER = 1000
OTHER_USER = 1001
FOLDER = "/var/tmp/crtools-privilege"	# /tmp may be nosuid
SERVER = FOLDER + "/server"
OPEN, MMAP, PRCTL = 2, 9, 157
CLONE_NEWUSER = 0x10000000
libc = ctypes.CDLL(None, use_errno=True)
libc.syscall.restype = ctypes.c_long


# Which kernels may do without what a test needs, by their release: without anything else, or elsewhere, that test fails.
# All but Debian's own, which end in "-amd64", are built here, with Yama as the only security module.
MAY_LACK = {"Landlock": "(?<!-amd64)$", "AppArmor": "(?<!-amd64)$", "PR_SET_MDWE": r"^6\.1\."}


class Lacking(Exception):
    """The kernel has not what the test needs, and need not have."""


def lacking(what):
    check(what in MAY_LACK and re.search(MAY_LACK[what], os.uname().release), "this kernel has no " + what)
    raise Lacking(what)


def syscall(*arguments):
    result = libc.syscall(*map(ctypes.c_long, arguments))
    if result < 0:
        raise OSError(ctypes.get_errno(), "system call %d" % arguments[0])
    return result


def address(data):
    return ctypes.addressof(data)


# What the process that executes does before: it is root until become_user().

def become_user(uid=USER):
    os.setgroups([])
    os.setresgid(uid, uid, uid)
    os.setresuid(uid, uid, uid)


def no_new_privs():
    syscall(PRCTL, 38, 1, 0, 0, 0)


def filtered(number, result):
    """A seccomp filter: this call fails with that errno, all others pass."""
    def install():
        no_new_privs()
        code = b"".join(struct.pack("<HBBI", *instruction) for instruction in (
            (0x20, 0, 0, 0), (0x15, 0, 1, number), (0x06, 0, 0, 0x50000 | result),
            (0x06, 0, 0, 0x7FFF0000)))
        code = ctypes.create_string_buffer(code, len(code))
        program = ctypes.create_string_buffer(struct.pack("<HxxxxxxQ", 4, address(code)), 16)
        syscall(PRCTL, 22, 2, address(program), 0, 0)
    return install


def own_user_namespace():
    """As an ordinary user: root there."""
    uid, gid = os.geteuid(), os.getegid()
    syscall(272, CLONE_NEWUSER)
    syscall(PRCTL, 4, 1, 0, 0, 0)	# dumpable: its files in /proc are its own again
    for name, text in (("setgroups", "deny"), ("uid_map", "0 %d 1" % uid), ("gid_map", "0 %d 1" % gid)):
        with open("/proc/self/" + name, "w") as file:
            file.write(text)


class Process:
    """A program, or an image of one. error: execve's errno, or 0."""

    all = []

    def __init__(self, argv, *prepare):
        self.facts = {}
        to_read, self.to = os.pipe()
        self.answers, from_write = os.pipe()
        error_read, error_write = os.pipe()
        self.pid = os.fork()
        if not self.pid:
            self._execute(argv, prepare, (to_read, from_write), error_write)
        for fd in to_read, from_write, error_write:
            os.close(fd)
        Process.all.append(self)
        word = os.read(error_read, 4)
        os.close(error_read)
        self.error = struct.unpack("<i", word)[0] if word else 0
        self.pending = b""

    @staticmethod
    def _execute(argv, prepare, standard, error):
        try:
            os.set_inheritable(error, False)
            for target, fd in enumerate(standard):
                os.dup2(fd, target)
            for step in prepare:
                step()
            os.execv(argv[0], argv)
        except OSError as failure:
            os.write(error, struct.pack("<i", failure.errno))
        finally:
            os._exit(70)

    def line(self):
        while b"\n" not in self.pending:
            if not select.select([self.answers], [], [], 60)[0]:
                raise AssertionError("no answer from %d" % self.pid)
            more = os.read(self.answers, 4096)
            if not more:
                raise EOFError("%d has ended" % self.pid)
            self.pending += more
        line, self.pending = self.pending.split(b"\n", 1)
        return line.decode()

    def ready(self):
        """Of a program, not of an image: reads what it tells."""
        while (line := self.line()) != "ready":
            name, value = line.split()
            self.facts[name] = int(value, 16)
        return self

    def send(self, line):
        os.write(self.to, line.encode() + b"\n")

    def ask(self, *call):
        self.send(" ".join("%x" % (word & (1 << 64) - 1) for word in call))
        return int(self.line())

    def put(self, data, offset=0):
        """Returns where it stands in the process."""
        self.send("put %x %s" % (offset, data.hex()))
        self.line()
        return self.facts["buffer"] + offset

    def alive(self):
        """Whether an image came to life: it answers."""
        try:
            return not self.error and self.ask(39) == self.pid
        except (EOFError, BrokenPipeError):
            return False

    def status(self, *names):
        with open("/proc/%d/status" % self.pid) as file:
            all_lines = dict(line.rstrip("\n").split(":\t", 1) for line in file if ":\t" in line)
        return {name: all_lines.get(name) for name in names}

    def state(self):
        states = set()
        for task in os.listdir("/proc/%d/task" % self.pid):
            with open("/proc/%d/task/%s/stat" % (self.pid, task)) as file:
                states.add(file.read().rsplit(")", 1)[1].split()[0])
        return "".join(states)

    def stop(self):
        os.kill(self.pid, signal.SIGSTOP)
        while self.state() != "T":
            time.sleep(0.01)

    def go_on(self):
        os.kill(self.pid, signal.SIGCONT)

    def path(self, name):
        return "/proc/%d/%s" % (self.pid, name)

    def end(self):
        Process.all.remove(self)
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)
        os.close(self.to)
        os.close(self.answers)


def end_all():
    for process in list(Process.all):
        process.end()


def server(*flags, prepare=(become_user,), program=SERVER):
    process = Process([program, *flags], *prepare)
    if process.error:
        raise OSError(process.error, program)
    return process.ready()


class Saved:
    """An image in a file, and facts of the process it was made of, which has ended."""

    def __init__(self, process, name="image"):
        self.path = "%s/%s" % (FOLDER, name)
        self.facts = process.facts
        process.stop()
        with open(process.path("dump"), "rb") as dump:
            self.bytes = bytearray(dump.read())
        process.end()
        self.where = edit_image.notes(self.bytes)
        self.write()

    def write(self, mode=0o755):
        """Root's file."""
        edit_image.seal(self.bytes)
        with open(self.path, "wb") as file:
            file.write(self.bytes)
        os.chmod(self.path, mode)

    def parsed(self):
        return image.Image(self.path)

    def put(self, note, offset, form, value):
        struct.pack_into(form, self.bytes, self.where[note] + offset, value)
        self.write()

    def get(self, note, offset, form):
        return struct.unpack_from(form, self.bytes, self.where[note] + offset)[0]

    def put_vma(self, index, **fields):
        places = {"start": (0, "<Q"), "end": (8, "<Q"), "flags": (24, "<I"), "base": (28, "<I"), "file": (32, "<I"),
                  "fd": (36, "<i")}
        for name, value in fields.items():
            offset, form = places[name]
            self.put("vmas", 24 + 48 * index + offset, form, value)

    def put_register(self, name, value):
        self.put("prstatus", 112 + 8 * image.REGISTERS.index(name), "<Q", value)

    def execute(self, *prepare, path=None):
        """As the ordinary user, unless something else is prepared."""
        process = Process([path or self.path], *(prepare or (become_user,)))
        process.facts = self.facts
        return process

    def outcome(self, *prepare, path=None):
        """"lives", "died", or the name of execve's error; nothing stays."""
        process = self.execute(*prepare, path=path)
        result = errno.errorcode[process.error] if process.error else \
            "lives" if process.alive() else "died"
        process.end()
        return result


def in_child(call, *prepare):
    """The errno of a call in a child, after those steps."""
    child = os.fork()
    if not child:
        code = 255
        try:
            for step in prepare:
                step()
            code = failure(call)
        finally:
            os._exit(code)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


@contextlib.contextmanager
def file_rights_of(uid):
    """What is opened meanwhile, that user opens, without a capability."""
    os.setegid(uid)
    os.seteuid(uid)
    try:
        yield
    finally:
        os.seteuid(0)
        os.setegid(0)
