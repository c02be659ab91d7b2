# SPDX-License-Identifier: Apache-2.0
"""Tests for privilege.py: security modules have their say."""
import ctypes
import errno
import os
import shutil
import struct
import subprocess

from dump_target import check, equal, failure
from process import (FOLDER, MMAP, OPEN, SERVER, Saved, address, become_user, in_child, lacking, no_new_privs, server,
                     syscall)

EXECUTE, WRITE_FILE, READ_FILE = 1, 2, 4


def landlocked(handled, rights):
    """Of the handled rights none is left but what the folders are given."""
    def restrict():
        no_new_privs()
        attributes = ctypes.create_string_buffer(struct.pack("<Q", handled), 8)
        ruleset = syscall(444, address(attributes), 8, 0)
        for folder, allowed in rights.items():
            fd = os.open(folder, os.O_PATH)
            rule = ctypes.create_string_buffer(struct.pack("<Qi", allowed, fd), 12)
            syscall(445, ruleset, 1, address(rule), 0)
        syscall(446, ruleset, 0)
    return restrict


def need_landlock():
    try:
        syscall(444, 0, 0, 1)
    except OSError:
        lacking("Landlock")


def test_landlock():
    """Files are opened as the caller would: a security module has its say."""
    need_landlock()
    images, programs, data = (FOLDER + name for name in ("/images", "/programs", "/data"))
    for folder in images, programs, data:
        os.makedirs(folder, exist_ok=True)
    shutil.copy(SERVER, programs + "/server")
    with open(data + "/file", "wb") as file:
        file.write(b"\0" * 4096)
        os.fchmod(file.fileno(), 0o666)
    one = server(program=programs + "/server")
    fd = one.ask(OPEN, one.put((data + "/file\0").encode()), os.O_RDWR)
    check(one.ask(MMAP, 0, 4096, 3, 1, fd, 0) > 0, "a file that is mapped to be written")
    saved = Saved(one, "images/image")

    def outcome(handled, image, program, file):
        rights = {folder: allowed for folder, allowed in ((images, image), (programs, program), (data, file))
                  if allowed}
        return saved.outcome(become_user, landlocked(handled, rights))
    equal(outcome(READ_FILE, READ_FILE, READ_FILE, READ_FILE), "lives", "all may be read")
    equal(outcome(READ_FILE, 0, READ_FILE, READ_FILE), "EACCES", "not the image")
    equal(outcome(READ_FILE, READ_FILE, 0, READ_FILE), "EACCES", "not the program")
    equal(outcome(READ_FILE, READ_FILE, READ_FILE, 0), "EACCES", "not the file")
    equal(outcome(WRITE_FILE, 0, 0, WRITE_FILE), "lives", "the file may be written")
    equal(outcome(WRITE_FILE, WRITE_FILE, WRITE_FILE, 0), "EACCES", "not the file")
    # As mmap(2) of the program's code, which Landlock does not ask about.
    equal(outcome(EXECUTE, EXECUTE, 0, 0), "lives", "the image may be executed")
    equal(outcome(EXECUTE, 0, EXECUTE, EXECUTE), "EACCES", "not the image")


def test_landlock_dump():
    """Who may not attach out of a sandbox gets no dump of what is outside; of its own children it does."""
    need_landlock()
    outside = server()
    outside.stop()
    restrict = landlocked(WRITE_FILE, {})

    def of_child():
        child = server(prepare=())
        child.stop()
        error = failure(open, child.path("dump"), "rb")
        child.end()
        if error:
            raise OSError(error, "dump")
    for name, call in (("dump", open), ("mfd", os.listdir), ("mfd/400000", os.readlink)):
        equal(in_child(lambda: call(outside.path(name)), become_user, restrict), errno.EACCES, name)
    equal(in_child(lambda: open(outside.path("dump"), "rb"), become_user), 0, "without Landlock")
    equal(in_child(of_child, become_user, restrict), 0, "one's child, in the sandbox as well")


APPARMOR = """
profile crtools-%s {
  signal, ptrace, unix,
  %s/images/* mrix,
  %s
}
"""


def test_apparmor():
    """A confined program reads and executes by an image what it may, no more."""
    if not os.path.exists("/sys/kernel/security/lsm"):
        subprocess.run(["mount", "-t", "securityfs", "none", "/sys/kernel/security"], check=True)
    with open("/sys/kernel/security/lsm") as file:
        if "apparmor" not in file.read():
            lacking("AppArmor")
    for name in "programs", "images":
        os.makedirs("%s/%s" % (FOLDER, name), exist_ok=True)
    program = FOLDER + "/programs/server"
    shutil.copy(SERVER, program)
    saved = Saved(server(program=program), "images/image")

    def confined(name):
        def change():
            with open("/proc/self/attr/current", "w") as file:
                file.write("changeprofile crtools-" + name)
        return change
    for name, rule, wanted in (("maps", program + " mr,", "lives"), ("reads", program + " r,", "EACCES"),
                               ("nothing", "", "EACCES")):
        subprocess.run(["apparmor_parser", "--replace", "--skip-cache"], check=True,
                       input=APPARMOR % (name, FOLDER, rule), text=True)
        restored = saved.execute(become_user, confined(name))
        equal("lives" if restored.alive() else errno.errorcode[restored.error], wanted, name)
        if wanted == "lives":
            with open(restored.path("attr/current")) as file:
                equal(file.read(), "crtools-maps (enforce)\n", "confinement")
        restored.end()
