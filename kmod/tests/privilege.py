# SPDX-License-Identifier: Apache-2.0
"""What an image must not gain. docs/security.md names these tests.

Run as root in a virtual machine with the module loaded.
usage: privilege.py DIRECTORY [TEST...]     DIRECTORY holds server, a static program
"""
import ctypes
import errno
import os
import resource
import shutil
import struct
import subprocess
import sys
import time
import traceback

os.environ.setdefault("DUMPEES", os.path.abspath(sys.argv[1]))

# They look for the dumpees when they are imported.
import image
import privilege_dump
import privilege_modules
import process
from dump_target import check, detach, equal, failure, regset, seize
from process import (FOLDER, MMAP, OPEN, PRCTL, SERVER, Saved, address, become_user, filtered, lacking, libc,
                     no_new_privs, own_user_namespace, server, syscall)

READ, MPROTECT, GETPPID, SETRESUID = 0, 10, 110, 117
SHOWN = "CapInh CapPrm CapEff CapBnd CapAmb Uid Gid Groups NoNewPrivs Seccomp Seccomp_filters".split()
ALL_CAPABILITIES = struct.pack("<5I", 0x02000001, 0xFFFFFFFF, 0, 0xFF, 0)	# vfs_cap_data, effective


def with_ambient_net_raw():
    """An ordinary user with one capability, CAP_NET_RAW."""
    syscall(PRCTL, 8, 1, 0, 0, 0)	# PR_SET_KEEPCAPS
    os.setresuid(process.USER, process.USER, process.USER)
    header = ctypes.create_string_buffer(struct.pack("<Ii", 0x20080522, 0), 8)
    data = ctypes.create_string_buffer(struct.pack("<6I", *[1 << 13] * 3, 0, 0, 0), 24)
    syscall(126, address(header), address(data))
    syscall(PRCTL, 47, 2, 13, 0, 0)	# PR_CAP_AMBIENT_RAISE


def root_without_root():
    """SECBIT_NOROOT: uid 0 is an id like others."""
    syscall(PRCTL, 28, 3, 0, 0, 0)


def bounded_root():
    for capability in 6, 7, 12, 21:
        syscall(PRCTL, 24, capability, 0, 0, 0)


CALLERS = {
    "user": [become_user], "user without new privileges": [become_user, no_new_privs],
    "user with a capability": [with_ambient_net_raw], "user with a filter": [become_user, filtered(GETPPID, 1)],
    "user in a namespace": [become_user, own_user_namespace], "root": [os.getpid],
    "root, SECBIT_NOROOT": [root_without_root], "root, bounded": [bounded_root],
    "setuid program": [lambda: os.setresuid(process.USER, 0, 0)],
}


def rights(one):
    """What the kernel shows of them, of a process that answers."""
    return {**one.status(*SHOWN), "securebits": one.ask(PRCTL, 27, 0, 0, 0, 0)}


def test_rights_are_the_callers():
    """Whatever an image says and is marked with, its process has the rights of any other program."""
    ordinary = Saved(server())
    of_root = Saved(server(prepare=[os.getpid]), "of-root")
    of_root.put("thread", field(image.LAYOUT_THREAD, "securebits"), "<I", 0x2F)
    marked = Saved(server(), "marked")
    os.chmod(marked.path, 0o6755)
    capable = Saved(server(), "capable")
    os.setxattr(capable.path, "security.capability", ALL_CAPABILITIES)
    for name, prepare in CALLERS.items():
        program = server(prepare=prepare)
        wanted = rights(program)
        program.end()
        for saved in ordinary, of_root, marked, capable:
            restored = saved.execute(*prepare)
            check(restored.alive(), "%s as %s does not live: %s" % (saved.path, name, restored.error))
            got = rights(restored)
            if int(wanted["CapEff"], 16) >> 8 & 1:	# CAP_SETPCAP: may set what the image says
                got["securebits"] = wanted["securebits"]
            equal(got, wanted, "%s as %s" % (saved.path, name))
            if name.endswith("filter"):
                equal(restored.ask(GETPPID), -errno.EPERM, "the filter of the caller")
            restored.end()
    # The same marks on a program do give rights, so the comparison means something.
    shutil.copy(SERVER, FOLDER + "/marked-server")
    os.chmod(FOLDER + "/marked-server", 0o6755)
    program = server(program=FOLDER + "/marked-server")
    check(program.status("Uid")["Uid"].split()[1] == "0", "setuid does not work in %s at all" % FOLDER)
    program.end()


def field(layout, name):
    """The offset of a field in a record of image.py."""
    offset = 0
    for kind, other in (word.split(":") for word in layout.split()):
        if other == name:
            return offset
        offset += struct.calcsize("<" + kind)
    raise KeyError(name)


def test_no_new_privs():
    saved = Saved(server(prepare=[become_user, no_new_privs]))
    restored = saved.execute()
    equal((restored.ask(39), restored.ask(PRCTL, 39, 0, 0, 0, 0)), (restored.pid, 1), "kept by the image")
    restored.end()
    saved.put("thread", field(image.LAYOUT_THREAD, "no_new_privs"), "<I", 0)
    restored = saved.execute(become_user, no_new_privs)
    equal((restored.ask(39), restored.ask(PRCTL, 39, 0, 0, 0, 0)), (restored.pid, 1), "not taken off")
    restored.end()


def test_seccomp():
    saved = Saved(server())
    equal(saved.outcome(become_user, filtered(59, errno.EPERM)), "EPERM", "execve forbidden")
    equal(saved.outcome(become_user, filtered(GETPPID, 1)), "lives", "another filter")
    # What the handler does in place of a system call that a filter may forbid.
    saved.put("mm", 128, "<I", 0x40000)	# ADDR_NO_RANDOMIZE
    equal(saved.outcome(become_user, filtered(135, errno.EPERM)), "EPERM", "personality forbidden")
    restored = saved.execute()
    check(restored.alive())
    with open(restored.path("personality")) as file:
        equal(file.read(), "00040000\n", "without a filter")
    restored.end()
    filtered_one = server(prepare=[become_user, filtered(GETPPID, 1)])
    filtered_one.stop()
    equal(failure(open, filtered_one.path("dump"), "rb"), errno.EOPNOTSUPP, "a process under a filter")


def mounted(options):
    folder = FOLDER + "/mount"
    os.makedirs(folder, exist_ok=True)
    subprocess.run(["mount", "-t", "tmpfs", "-o", options + ",mode=0777", "none", folder], check=True)
    return folder


def test_mounts():
    saved = Saved(server())
    folder = mounted("noexec")
    try:
        shutil.copy(saved.path, folder)
        equal(saved.outcome(path=folder + "/image"), "EACCES", "an image on a noexec mount")
        equal(saved.outcome(os.getpid, path=folder + "/image"), "EACCES", "root's as well")
        shutil.copy(SERVER, folder)
        # The program's code as a descriptor that the caller has.
        code = next(i for i, vma in enumerate(saved.parsed().vmas)
                    if vma.base == image.FILE and vma.vflags & 4)
        saved.put_vma(code, base=image.FD, file=image.NO_FILE, fd=9)

        def with_descriptor(path):
            return lambda: os.dup2(os.open(path, os.O_RDONLY), 9)
        equal(saved.outcome(with_descriptor(SERVER), become_user), "lives", "code by descriptor")
        equal(saved.outcome(with_descriptor(folder + "/server"), become_user), "EPERM", "of a noexec mount")
        subprocess.run(["mount", "-o", "remount,exec", folder], check=True)
        running = server(program=folder + "/server")
        saved = Saved(running)
        equal(saved.outcome(), "lives", "a program on a mount")
        subprocess.run(["mount", "-o", "remount,noexec", folder], check=True)
        equal(saved.outcome(), "EPERM", "a program on a noexec mount")
        equal(saved.outcome(os.getpid), "EPERM", "for root as well")
    finally:
        subprocess.run(["umount", folder], check=True)


def test_setuid_on_mounts():
    """Ids come of no setuid image and of no setuid program of an image, whatever the mount allows."""
    user = server()
    wanted = rights(user)
    user.end()
    for options, uid in ("suid", "0"), ("nosuid", str(process.USER)):
        folder = mounted(options)
        program = folder + "/server"
        try:
            shutil.copy(SERVER, program)
            saved = Saved(server(program=program))
            shutil.copy(saved.path, folder + "/image")
            for path in program, folder + "/image":
                os.chmod(path, 0o6755)
            # What the mount does to a program.
            marked = server(program=program)
            equal(marked.status("Uid")["Uid"].split()[1], uid, "a setuid program, " + options)
            marked.end()
            for path in saved.path, folder + "/image":
                restored = saved.execute(path=path)
                check(restored.alive(), "%s, %s: %s" % (path, options, restored.error))
                equal(rights(restored), wanted, "%s, %s" % (path, options))
                restored.end()
        finally:
            process.end_all()
            subprocess.run(["umount", folder], check=True)


def test_lowest_address():
    lowest = 65536
    # What Debian's kernels have; that of a small configuration is one page.
    with open("/proc/sys/vm/mmap_min_addr", "w") as file:
        file.write(str(lowest))
    for start, wanted in ((lowest, "lives"), (4096, "EPERM"), (0, "EBADMSG")):
        saved = Saved(server())
        saved.put_vma(0, start=start)
        equal(saved.outcome(), wanted, "memory at %#x" % start)
    # Page 0 not even for those who may map it.
    equal(saved.outcome(os.getpid), "EBADMSG", "root, memory at 0")
    saved = Saved(server())
    saved.put_vma(len(saved.parsed().vmas) - 1, end=1 << 63)
    equal(saved.outcome(), "EBADMSG", "memory of the kernel's")


def test_limits():
    def limit(which, bytes_):
        return lambda: resource.setrlimit(which, (bytes_, bytes_))
    saved = Saved(server())
    for which in "AS", "DATA", "STACK":
        kind = getattr(resource, "RLIMIT_" + which)
        equal(saved.outcome(become_user, limit(kind, 8192)), "ENOMEM", which)
        equal(saved.outcome(become_user, limit(kind, 64 << 20)), "lives", which + ", wide enough")
    vmas = saved.parsed().vmas
    data = next(i for i, vma in enumerate(vmas) if vma.base == image.ANON and vma.vflags & 2)
    saved.put_vma(data, flags=vmas[data].vflags | 0x40)	# CRT_VMA_LOCKED
    equal(saved.outcome(become_user, limit(resource.RLIMIT_MEMLOCK, 0)), "ENOMEM", "MEMLOCK")
    equal(saved.outcome(become_user), "lives", "MEMLOCK, wide enough")
    # No limit of files is one of memory.
    one = server()
    shared = one.ask(MMAP, 0, 8192, 3, 0x21, -1, 0)	# MAP_SHARED | MAP_ANONYMOUS
    equal(one.ask(READ, one.ask(OPEN, one.put(b"/dev/urandom\0"), os.O_RDONLY), shared, 8192), 8192, "read")
    equal(Saved(one).outcome(become_user, limit(resource.RLIMIT_FSIZE, 0)), "lives", "FSIZE")
    # What may not be written to any more counts, as it is mapped writable first.
    one = server()
    area = one.ask(MMAP, 0, 64 << 20, 3, 0x22, -1, 0)
    equal(one.ask(READ, one.ask(OPEN, one.put(b"/dev/zero\0"), os.O_RDONLY), area, 4096), 4096, "read")
    equal(one.ask(MPROTECT, area, 64 << 20, 1), 0, "mprotect")
    equal(Saved(one).outcome(become_user, limit(resource.RLIMIT_DATA, 32 << 20)), "ENOMEM", "DATA, read-only")
    saved = Saved(server("thread"))
    equal(saved.outcome(), "lives", "two threads")
    equal(saved.outcome(become_user, limit(resource.RLIMIT_NPROC, 1)), "died", "NPROC")


def test_denied_write_execute():
    """PR_SET_MDWE of the caller, which stays over execve."""
    def deny():
        syscall(PRCTL, 65, 1, 0, 0, 0)
    if libc.prctl(66, 0, 0, 0, 0) < 0:
        lacking("PR_SET_MDWE")
    saved = Saved(server())
    equal(saved.outcome(become_user, deny), "lives", "nothing writable and executable")
    one = server()
    area = one.ask(MMAP, 0, 4096, 7, 0x22, -1, 0)
    saved = Saved(one)
    equal(saved.outcome(become_user, deny), "EACCES", "writable and executable memory")
    equal(saved.outcome(become_user), "lives", "the same of another caller")
    one = server()
    area = one.ask(MMAP, 0, 4096, 3, 0x22, -1, 0)
    equal(one.ask(READ, one.ask(OPEN, one.put(b"/dev/urandom\0"), os.O_RDONLY), area, 4096), 4096, "read")
    equal(one.ask(MPROTECT, area, 4096, 5), 0, "mprotect")
    equal(Saved(one).outcome(become_user, deny), "EACCES", "code that was written")


def test_shared_memory_has_no_file():
    """mfd leads no other user to anonymous shared memory, before and after."""
    def look(one, area):
        name = one.put(b"/proc/self/mfd/%x\0" % area)
        check(one.ask(OPEN, name, os.O_RDWR) >= 0, "root")
        equal(one.ask(SETRESUID, process.USER, process.USER, process.USER), 0, "setresuid")
        equal(one.ask(PRCTL, 4, 1, 0, 0, 0), 0, "PR_SET_DUMPABLE")
        equal(one.ask(OPEN, name, os.O_RDWR), -errno.EACCES, "user")
        one.end()
    one = server(prepare=[os.getpid])
    look(one, one.ask(MMAP, 0, 4096, 3, 0x21, -1, 0))
    one = server(prepare=[os.getpid])
    area = one.ask(MMAP, 0, 4096, 3, 0x21, -1, 0)
    look(Saved(one).execute(os.getpid), area)


def test_exe_link():
    """Only who may set it by prctl(2) has it set, and to what prctl(2) would take."""
    unreadable, program = FOLDER + "/unreadable", FOLDER + "/another-program"
    for path, mode in ((unreadable, 0o711), (program, 0o755)):
        shutil.copy(SERVER, path)
        os.chmod(path, mode)
    one = server(prepare=[os.getpid])
    for path in unreadable, program:
        fd = one.ask(OPEN, one.put(path.encode() + b"\0"), os.O_RDONLY)
        check(one.ask(MMAP, 0, 4096, 1, 2, fd, 0) > 0, "mmap")
    saved = Saved(one)
    parsed = saved.parsed()
    files = {file.path.decode(): i for i, file in enumerate(parsed.files)}
    for i, vma in enumerate(parsed.vmas):
        if vma.file in (files[unreadable], files[program]):
            saved.put_vma(i, base=image.ANON, file=image.NO_FILE)
    ways = (("user", [become_user]), ("root of a namespace", [become_user, own_user_namespace]),
            ("root", [os.getpid]))
    for path in program, unreadable:
        saved.put("mm", 124, "<I", files[path])
        for name, prepare in ways:
            restored = saved.execute(*prepare)
            check(restored.alive(), "%s: %s" % (name, restored.error))
            allowed = name == "root" or name != "user" and path == program
            equal(os.readlink(restored.path("exe")), path if allowed else saved.path, "%s, %s" % (name, path))
            restored.end()
    # A setuid program there is nothing but a name.
    os.chmod(program, 0o6755)
    saved.put("mm", 124, "<I", files[program])
    restored = saved.execute(become_user, own_user_namespace)
    check(restored.alive())
    equal(os.readlink(restored.path("exe")), program, "exe")
    equal(restored.status("Uid")["Uid"].split(), ["1000"] * 4, "uid")
    restored.end()


def test_registers():
    saved = Saved(server())
    kernel = 0xFFFFFFFF81000000
    for name, value, wanted in (("rip", kernel, "EBADMSG"), ("fs_base", kernel, "EBADMSG"),
                                ("gs_base", kernel, "EBADMSG"), ("cs", 0x10, "ENOTSUP"),
                                ("ss", 0x18, "ENOTSUP"), ("ds", 0x18, "ENOTSUP"),
                                ("rsp", kernel, "died")):
        edited = Saved(server())
        edited.put_register(name, value)
        equal(edited.outcome(), wanted, "%s in the kernel" % name)
    saved.put_register("eflags", 0x3000 | 0x4000 | 0x20000 | 0x80000 | 0x100000)	# IOPL NT VM VIF VIP
    restored = saved.execute()
    check(restored.alive())
    tids = seize(restored.pid)
    flags = struct.unpack("<27Q", regset(restored.pid, 1, 216))[18]
    equal(flags & 0x1BF000, 0, "flags of the kernel")
    check(flags & 0x200, "interrupts are off")
    detach(tids)
    restored.end()
    # Ports: not for the user, and not in an image.
    one = server()
    equal(one.ask(172, 3), -errno.EPERM, "iopl")
    one.end()
    for call in ([172, 3], [173, 0x80, 1, 1]):
        one = server(prepare=[os.getpid])
        equal(one.ask(*call), 0, "iopl or ioperm")
        one.stop()
        equal(failure(open, one.path("dump"), "rb"), errno.EOPNOTSUPP, "a process with ports")
        one.end()


def test_personality():
    """READ_IMPLIES_EXEC in an image makes none of its memory executable."""
    saved = Saved(server())
    saved.put("mm", 128, "<I", 0x400000 | 0x100000)	# and MMAP_PAGE_ZERO
    restored = saved.execute()
    check(restored.alive())
    with open(restored.path("maps")) as maps:
        executable = [line for line in maps if line.split()[1][2] == "x"]
    wanted = [vma for vma in saved.parsed().vmas if vma.vflags & 4]
    check(len(executable) <= len(wanted) + 1, "".join(executable))
    restored.end()


def test_signals_to_others():
    """A timer of an image cannot signal a thread of another process."""
    one = server()
    event = one.put(struct.pack("<Qiii48x", 0, 10, 4, one.pid))	# SIGEV_THREAD_ID
    one.put(struct.pack("<4Q", 0, 0, 1, 0), 96)
    equal(one.ask(222, 1, event, event + 80), 0, "timer_create")
    equal(one.ask(223, 0, 0, event + 96, 0), 0, "timer_settime")
    saved = Saved(one)
    foreign = server()
    at = field(image.LAYOUT_TIMERS, "itimer") + 48 + field(image.LAYOUT_POSIX, "tid")
    equal(saved.get("timers", at, "<i"), one.pid, "place of the tid")
    saved.put("timers", at, "<i", foreign.pid)
    equal(saved.outcome(), "died", "a timer for a thread of another process")
    time.sleep(1.2)
    equal(foreign.ask(39), foreign.pid, "the other process")
    foreign.end()


def test_dumpable_is_kept():
    """The image of a process that wants not to be looked at does not make it visible."""
    one = server()
    one.ask(PRCTL, 4, 0, 0, 0, 0)
    saved = Saved(one)
    restored = saved.execute()
    check(restored.alive())
    restored.stop()
    with process.file_rights_of(process.USER):
        equal(failure(open, restored.path("dump"), "rb"), errno.EACCES, "restored")
    restored.end()


def main():
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    libc.umask(0o022)
    os.makedirs(FOLDER, exist_ok=True)
    shutil.copy(sys.argv[1] + "/server", SERVER)
    os.chmod(SERVER, 0o755)
    tests = {name[5:]: test for module in (globals(), vars(privilege_modules), vars(privilege_dump))
             for name, test in module.items() if name.startswith("test_")}
    failed = skipped = 0
    for name in sys.argv[2:] or tests:
        begin = time.monotonic()
        try:
            tests[name]()
            print("ok   %-24s %5.1f s" % (name, time.monotonic() - begin), flush=True)
        except process.Lacking as what:
            skipped += 1
            print("SKIPPED %s: this kernel has no %s" % (name, what), flush=True)
        except Exception as error:		# every kind is a failure of this test
            failed += 1
            if not isinstance(error, (AssertionError, image.Bad)):
                traceback.print_exc()
            print("FAIL %-24s %s: %s" % (name, type(error).__name__, error), flush=True)
        finally:
            process.end_all()
    print("%d of %d failed, %d skipped" % (failed, len(sys.argv[2:] or tests), skipped))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
