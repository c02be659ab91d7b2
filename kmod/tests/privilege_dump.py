# SPDX-License-Identifier: Apache-2.0
"""Tests for privilege.py: whom dump and mfd/ show what."""
import errno
import mmap
import os
import shutil
import struct
import subprocess

import image
from dump_target import check, equal, failure
from process import (FOLDER, OPEN, OTHER_USER, PRCTL, SERVER, USER, become_user, file_rights_of, in_child, lacking,
                     own_user_namespace, server)

DUMPABLE = 4
EXECVE, MEMFD_SECRET = 59, 447


def refused(one, uid, *also):
    """Neither dump nor mfd/ for that user; for root both. The process is stopped."""
    with file_rights_of(uid):
        equal(failure(open, one.path("dump"), "rb"), errno.EACCES, "dump")
        equal(failure(os.listdir, one.path("mfd")), errno.EACCES, "mfd")
        equal(failure(os.readlink, one.path("mfd/400000")), errno.EACCES, "a link of mfd")
        equal(failure(open, one.path("mfd/400000"), "rb"), errno.EACCES, "following it")
        for path in also:
            equal(failure(open, path, "rb"), errno.EACCES, path)
    equal(failure(open, one.path("dump"), "rb"), 0, "root")
    check(os.listdir(one.path("mfd")), "root")


def allowed(one, uid=USER):
    with file_rights_of(uid):
        equal(failure(open, one.path("dump"), "rb"), 0, "dump of one's own")
        check(os.listdir(one.path("mfd")), "mfd of one's own")


def copy_of_server(name, mode):
    path = "%s/%s" % (FOLDER, name)
    shutil.copy(SERVER, path)
    os.chmod(path, mode)
    return path


def test_other_users():
    def other_group():
        os.setgroups([])
        os.setresgid(OTHER_USER, OTHER_USER, OTHER_USER)
        os.setresuid(USER, USER, USER)
    own = server()
    own.stop()
    allowed(own)
    with file_rights_of(USER):
        with open(own.path("dump"), "rb") as dump:
            equal((os.fstat(dump.fileno()).st_mode & 0o777, os.fstat(dump.fileno()).st_uid), (0o600, USER), "dump")
    refused(own, OTHER_USER)
    for what, prepare in (("root", os.getpid), ("another user", lambda: become_user(OTHER_USER)),
                          ("another group", other_group),
                          ("euid", lambda: os.setresuid(0, USER, USER))):
        one = server(prepare=[prepare])
        one.stop()
        refused(one, USER)
        one.end()


def test_more_rights_than_the_user():
    for name, mode, capabilities in (("setuid-server", 0o4755, None), ("setgid-server", 0o2755, None),
                                     ("capable-server", 0o755, (1 << 13))):
        path = copy_of_server(name, mode)
        if capabilities:
            os.setxattr(path, "security.capability",
                        struct.pack("<5I", 0x02000001, capabilities, 0, 0, 0))
        one = server(program=path)
        one.stop()
        refused(one, USER)
        one.end()


def test_unreadable_program():
    """Executable, not readable: its code is in neither file."""
    one = server(program=copy_of_server("unreadable-server", 0o711))
    equal(one.ask(OPEN, one.put(b"/proc/self/mfd/400000\0"), os.O_RDONLY), -errno.EACCES, "by itself")
    one.stop()
    refused(one, USER)


def test_threads_of_others():
    """A thread with more rights than the one that is asked about."""
    one = server("thread", prepare=[os.getpid])
    # The raw calls change the calling thread only, and dumpable is wanted on purpose.
    for call in (116, 0, 0), (119, USER, USER, USER), (117, USER, USER, USER), (PRCTL, DUMPABLE, 1):
        equal(one.ask(*call), 0, "call %d" % call[0])
    one.stop()
    with file_rights_of(USER):
        equal(failure(open, one.path("environ"), "rb"), 0, "attachable by its first thread")
        equal(failure(open, one.path("dump"), "rb"), errno.EACCES, "dump")
        equal(failure(open, one.path("task/%d/dump" % one.pid), "rb"), errno.EACCES, "dump of the thread")
    equal(failure(open, one.path("dump"), "rb"), 0, "root")


def untouched_read(fd, position):
    """The errno of a read that must not give a byte."""
    room = bytearray(b"\x55" * 8192)
    error = failure(os.preadv, fd, [room], position)
    check(room == b"\x55" * 8192, "bytes were given")
    return error


def page_in_dump(one, uid=USER):
    """The user's descriptor of the dump, and where the page of "secret" is in it."""
    with file_rights_of(uid):
        fd = os.open(one.path("dump"), os.O_RDONLY)
    img = image.Image("/proc/self/fd/%d" % fd)
    for start, _, size, offset, _ in img.loads:
        if start <= one.facts["page"] < start + size:
            position = offset + one.facts["page"] - start
            equal(os.pread(fd, 4096, position), b"\7" * 4096, "while it is stopped")
            return fd, position
    raise AssertionError("the page is not in the image")


def test_setuid_exec_after_open():
    path = copy_of_server("setuid-server", 0o4755)
    one = server("secret", "7")
    one.stop()
    fd, position = page_in_dump(one)
    one.go_on()
    one.send("%x %x 0 0" % (EXECVE, one.put(path.encode() + b"\0")))
    one.ready()
    equal(one.status("Uid")["Uid"].split()[1], "0", "it is root's now")
    check(untouched_read(fd, position) in (errno.ESTALE, errno.ESRCH), "running")
    one.stop()
    for at in 0, position:
        check(untouched_read(fd, at) in (errno.ESTALE, errno.ESRCH), "stopped")
    with file_rights_of(USER):
        equal(failure(os.open, "/proc/self/fd/%d" % fd, os.O_RDONLY), errno.EACCES, "opened anew")
    refused(one, USER)
    os.close(fd)


def test_dumpable_off():
    one = server("secret", "7")
    one.stop()
    allowed(one)
    fd, position = page_in_dump(one)
    one.go_on()
    equal(one.ask(PRCTL, DUMPABLE, 0), 0, "PR_SET_DUMPABLE")
    # read(0, page): what it holds from now on was never to be seen.
    one.send("0 0 %x 1000" % one.facts["page"])
    os.write(one.to, b"new secret")
    equal(one.line(), "10", "read")
    equal(untouched_read(fd, position), errno.ESTALE, "running")
    one.stop()
    equal(untouched_read(fd, position), errno.ESTALE, "stopped again")
    equal(failure(os.sendfile, os.open("/dev/null", os.O_WRONLY), fd, position, 4096), errno.ESTALE, "sendfile")
    refused(one, USER)
    os.close(fd)


def test_descriptor_of_another_user():
    """It gives whoever has it what its opener had, as long as that is the process's state; no more."""
    one = server("secret", "7")
    one.stop()
    fd, position = page_in_dump(one)
    with file_rights_of(OTHER_USER):
        equal(os.pread(fd, 4096, position), b"\7" * 4096, "given away on purpose")
        equal(failure(os.open, "/proc/self/fd/%d" % fd, os.O_RDONLY), errno.EACCES, "opened anew")
        one_path = one.path("dump")
        equal(failure(os.open, one_path, os.O_RDONLY), errno.EACCES, "opened by name")
    one.go_on()
    equal(one.ask(39), one.pid, "it ran")
    one.stop()
    with file_rights_of(OTHER_USER):
        equal(untouched_read(fd, position), errno.ESTALE, "after it ran")
    os.close(fd)


def test_secret_memory():
    one = server()
    fd = one.ask(MEMFD_SECRET, 0)
    if fd < 0:
        lacking("memfd_secret(2)")
    equal(one.ask(77, fd, 4096), 0, "ftruncate")
    start = one.ask(9, 0, 4096, mmap.PROT_READ | mmap.PROT_WRITE, mmap.MAP_SHARED, fd, 0)
    check(start > 0, "mmap: %d" % start)
    one.send("0 0 %x 5" % start)
    os.write(one.to, b"never")
    equal(one.line(), "5", "read")
    one.stop()
    for uid in USER, 0:
        with file_rights_of(uid):
            equal(failure(open, one.path("dump"), "rb"), errno.EOPNOTSUPP, "dump")
            check(failure(open, one.path("mfd/%x" % start), "rb"), "the file of its mapping is opened")


def test_hidepid():
    folder = FOLDER + "/proc"
    os.makedirs(folder, exist_ok=True)
    own, other = server(), server(prepare=[os.getpid])
    # From 2 on the user's own is hidden as well once it is not to be attached to.
    undumpable = server()
    equal(undumpable.ask(PRCTL, DUMPABLE, 0), 0, "PR_SET_DUMPABLE")
    for one in own, other, undumpable:
        one.stop()
    # Members of gid see all processes, but not with 4: what may not be attached to is not there for anybody.
    member = ",gid=%d" % USER
    for options, others, hidden in (("1", errno.EPERM, errno.EPERM), ("2", errno.ENOENT, errno.ENOENT),
                                    ("4", errno.ENOENT, errno.ENOENT), ("1" + member, 0, errno.EACCES),
                                    ("2" + member, 0, errno.EACCES), ("4" + member, errno.ENOENT, errno.ENOENT)):
        options = "hidepid=" + options
        subprocess.run(["mount", "-t", "proc", "-o", options, "proc", folder], check=True)
        try:
            with file_rights_of(USER):
                for one in other, undumpable:
                    equal(failure(os.stat, "%s/%d/dump" % (folder, one.pid)), others, options)
                    equal(failure(os.stat, "%s/%d/mfd" % (folder, one.pid)), others, options)
                    equal(failure(os.stat, "%s/%d/mfd/400000" % (folder, one.pid)), hidden, options)
                    equal(failure(os.listdir, "%s/%d/mfd" % (folder, one.pid)), hidden, options)
                    equal(failure(open, "%s/%d/dump" % (folder, one.pid), "rb"), hidden, options)
                equal(failure(open, "%s/%d/dump" % (folder, own.pid), "rb"), 0, "one's own, " + options)
                check(os.listdir("%s/%d/mfd" % (folder, own.pid)), "one's own, " + options)
        finally:
            subprocess.run(["umount", folder], check=True)


def test_user_namespaces():
    """Root of a namespace is nobody outside of it, not even for the user who made it."""
    own, roots = server(), server(prepare=[os.getpid])
    for one in own, roots:
        one.stop()
        for name, call in (("dump", open), ("mfd", os.listdir), ("mfd/400000", os.readlink)):
            equal(in_child(lambda: call(one.path(name)), become_user, own_user_namespace), errno.EACCES, name)
    equal(in_child(lambda: open(own.path("dump"), "rb"), become_user), 0, "without a namespace")


def test_yama():
    """The last test: from ptrace_scope 3 there is no way back."""
    setting = "/proc/sys/kernel/yama/ptrace_scope"
    if not os.path.exists(setting):
        lacking("Yama")
    one = server()
    one.stop()

    def of_child():
        """Of a process of the caller's own making."""
        child = server(prepare=())
        child.stop()
        error = failure(open, child.path("dump"), "rb")
        child.end()
        if error:
            raise OSError(error, "dump")
    for scope, users, childs, roots in ((0, 0, 0, 0), (1, errno.EACCES, 0, 0),
                                        (2, errno.EACCES, errno.EACCES, 0),
                                        (3, errno.EACCES, errno.EACCES, errno.EACCES)):
        with open(setting, "w") as file:
            file.write("%d" % scope)
        for name, call in (("dump", open), ("mfd", os.listdir)):
            equal(in_child(lambda: call(one.path(name)), become_user), users, "%s, scope %d" % (name, scope))
            equal(failure(call, one.path(name)), roots, "%s, scope %d, root" % (name, scope))
        equal(in_child(of_child, become_user), childs, "one's child, scope %d" % scope)
