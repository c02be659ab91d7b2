# SPDX-License-Identifier: Apache-2.0
"""Tests of /proc/PID/dump as a file: who may open it, when, and the ways of reading."""
import ctypes
import errno
import os
import re
import signal
import struct
import subprocess
import time

from image import Image
from dump_target import (check, equal, near, failure, Target, same_memory, seize, detach,
                         as_user, read_all, HERE, libc, PTRACE_SETOPTIONS, PTRACE_SYSCALL,
                         PTRACE_O_TRACESYSGOOD,
                         PTRACE_INTERRUPT, PTRACE_SEIZE, PTRACE_SINGLESTEP)

# System calls that a kernel can be built without: arch/x86/entry/syscalls/syscall_64.tbl
OPTIONAL = {"ldt": 154, "policy": 238, "policy_of_memory": 237, "keyring": 250}


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
    def read(path):
        with open(path, "rb") as file:
            return file.read()
    with Target("anon") as t:
        fd = os.open(t.dump, os.O_RDONLY)
        size = os.fstat(fd).st_size
        want = b"".join(os.pread(fd, 1 << 20, offset) for offset in range(0, size, 1 << 20))
        out = t.dir + "/out"

        for block in (1, 511, 4095, 4097, 123457):
            got = b"".join(os.pread(fd, block, offset) for offset in range(0, min(size, block * 3000), block))
            check(got == want[:len(got)], "blocks of %d" % block)
        for chunk in (size, 1 << 16, 12345, 1 << 20):
            with open(out, "wb") as file:
                pos = 0
                while pos < size:
                    sent = os.sendfile(file.fileno(), fd, pos, chunk)
                    check(sent > 0, "sendfile")
                    pos += sent
            check(read(out) == want, "sendfile by %d" % chunk)
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
        check(b"".join(parts) == want, "splice")
        equal(os.splice(fd, write_end, 100, offset_src=size), 0, "splice at the end")
        os.close(read_end)
        os.close(write_end)
        # The comparison after cp lets the target run inside the kernel: fd is stale then.
        for command in ("cat <&3 >%s", "dd bs=7001 <&3 of=%s status=none", "dd bs=1M <&3 of=%s status=none",
                        "cp --sparse=always /dev/fd/3 %s", "cp --sparse=auto /dev/fd/3 %s"):
            if "cp" in command:
                # cp opens a name anew, so this is a dump of its own
                subprocess.run(command.replace("/dev/fd/3", t.dump) % out, shell=True, check=True)
                same_memory(t, Image(out))
                check("always" not in command or os.stat(out).st_blocks * 512 <= size, "sparse")
            else:
                os.lseek(fd, 0, os.SEEK_SET)
                subprocess.run(command % out, shell=True, check=True, pass_fds=[3] if fd == 3 else [],
                               preexec_fn=lambda: os.dup2(fd, 3))
                check(read(out) == want, command)
        os.close(fd)


def test_liveness():
    with Target("anon", stop=False) as t:
        equal(failure(open, t.dump, "rb"), errno.EBUSY, "a running process")
        t.stop()
        with open(t.dump, "rb", buffering=0) as dump:
            first = dump.read(8192)
            equal(len(first), 8192, "stopped")
            t.go_on()
            t.await_threads(b"S")
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


def switches(pid):
    """How often the threads that live have left the CPU."""
    total = 0
    for task in os.listdir("/proc/%d/task" % pid):
        with open("/proc/%d/task/%s/status" % (pid, task)) as status:
            total += sum(int(n) for n in re.findall(r"voluntary_ctxt_switches:\s+(\d+)", status.read()))
    return total


def step_until(pid, wanted):
    """Single steps of the first thread, until that many switches are counted. False: it went past it."""
    check(not libc.ptrace(PTRACE_SEIZE, pid, 0, 0), "SEIZE")
    os.waitpid(pid, 0x40000000)
    while switches(pid) < wanted:
        check(not libc.ptrace(PTRACE_SINGLESTEP, pid, 0, 0), "SINGLESTEP")
        os.waitpid(pid, 0x40000000)
    return switches(pid) == wanted


def test_ran_and_looks_the_same():
    """As many threads and, of those that live, as many switches as when the dump was opened."""
    for _ in range(20):
        with Target("exchange") as t:
            with open(t.dump, "rb", buffering=0) as dump:
                before = switches(t.pid)
                tasks = sorted(os.listdir("/proc/%d/task" % t.pid), key=int)
                check(dump.read(10), "stopped")
                t.go_on()
                os.kill(t.pid, signal.SIGUSR1)
                equal(t.process.stdout.readline(), b"ready\n", "another thread")
                # The first one may be on its way out still.
                while tasks[1] in os.listdir("/proc/%d/task" % t.pid):
                    time.sleep(0.01)
                t.stop()
                equal(len(os.listdir("/proc/%d/task" % t.pid)), len(tasks), "threads")
                now = switches(t.pid)
                check(now < before, "%d switches to begin with, not less than %d" % (now, before))
                if step_until(t.pid, before):
                    equal(failure(dump.read, 10), errno.ESTALE, "ran")
                    return "after %d switches" % before
                # A step was interrupted: two switches at once.
    raise AssertionError("the counts were never the same")


def test_syscall_stop():
    """Inside a system call there is nothing to continue from."""
    with Target("anon") as t:
        os.kill(t.pid, signal.SIGCONT)
        seize(t.pid)
        check(libc.ptrace(PTRACE_SETOPTIONS, t.pid, 0, PTRACE_O_TRACESYSGOOD) == 0, "SETOPTIONS")
        # pause() was interrupted and is entered again; stops of other kinds may come first.
        for _ in range(10):
            check(libc.ptrace(PTRACE_SYSCALL, t.pid, 0, 0) == 0, "SYSCALL")
            if os.WSTOPSIG(os.waitpid(t.pid, 0x40000000)[1]) == signal.SIGTRAP | 0x80:
                break
        else:
            raise AssertionError("no system call entered")
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
        def await_frozen(frozen):
            for _ in range(3000):
                with open(group + "/cgroup.events") as events:
                    if "frozen %d" % frozen in events.read():
                        return
                time.sleep(0.02)
            check(False, "frozen %d" % frozen)
        await_frozen(1)
        img = t.image()
        equal(img.header.nr_threads, 6, "threads")
        near(img.by_comm(b"mono")["record"].restart_remaining, 1000, "mono")
        same_memory(t, img)
        with open(group + "/cgroup.freeze", "w") as freeze:
            freeze.write("0")
        await_frozen(0)
        equal(failure(open, t.dump, "rb"), errno.EBUSY, "thawed")
    os.rmdir(group)


def test_death():
    with Target("big", "64") as t:
        def free():
            """In kB, with the pages that each CPU keeps at hand, tens of megabytes after a process has ended."""
            with open("/proc/meminfo") as info, open("/proc/zoneinfo") as zones:
                at_hand = sum(int(n) for n in re.findall(r"^ +count: +(\d+)", zones.read(), re.MULTILINE))
                return int(re.search(r"MemFree: +(\d+)", info.read()).group(1)) + at_hand * 4
        dump = open(t.dump, "rb", buffering=0)
        check(dump.read(100000), "alive")
        os.splice(dump.fileno(), os.pipe()[1], 65536)
        before = free()
        t.process.kill()
        t.process.wait()
        for _ in range(3000):
            # What others free or take meanwhile counts too.
            freed = free() - before
            if freed > 50 * 1024:
                break
            time.sleep(0.01)
        check(freed > 50 * 1024, "the memory of a dead process is pinned: %d kB freed" % freed)
        equal(failure(dump.read, 10), errno.ESRCH, "dead")
        dump.close()


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


def entry_offset(path):
    """Where in the file the program begins to run."""
    with open(path, "rb") as file:
        header = file.read(64)
        entry, table = struct.unpack_from("<QQ", header, 24)
        size, count = struct.unpack_from("<HH", header, 54)
        file.seek(table)
        for segment in (file.read(size) for _ in range(count)):
            kind, _, offset, start, _, length = struct.unpack_from("<IIQQQQ", segment)
            if kind == 1 and start <= entry < start + length:
                return entry - start + offset
    raise AssertionError("no segment has the entry")


def test_probed_program():
    """Its code has a breakpoint that only the kernel knows of."""
    events = "/sys/kernel/tracing/uprobe_events"
    if not os.path.exists(events):
        subprocess.run(["mount", "-t", "tracefs", "tracefs", "/sys/kernel/tracing"], check=False)
    if not os.path.exists(events):
        return "this kernel has no uprobes"
    program = os.path.abspath(os.path.join(HERE, "dumpee-static"))
    with Target("anon", program=program) as t:
        open(t.dump, "rb").close()
        # Opening it for writing forgets all that are there.
        with open(events, "w") as file:
            file.write("p:crtools_test/entry %s:%#x\n" % (program, entry_offset(program)))
        enable = "/sys/kernel/tracing/events/crtools_test/entry/enable"
        with open(enable, "w") as file:
            file.write("1")
        equal(failure(open, t.dump, "rb"), errno.EOPNOTSUPP, "probed")
        with open(enable, "w") as file:
            file.write("0")
        open(events, "w").close()
    return None


def test_refused():
    with open("/proc/sys/vm/nr_hugepages", "w") as pages:
        pages.write("8")
    left_out = []
    for kind in ("uffd", "hugetlb", "secretmem", "sysv", "aio", "io_uring", "seccomp", "ldt", "vm", "policy",
                 "policy_of_memory", "keyring", "dispatch", "tsc", "pkey", "mce", "io_flusher", "personality",
                 "guard_shared"):
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
    may_lack = {"secretmem", "io_uring", "pkey", "guard_shared"}
    for kind, number in OPTIONAL.items():
        if libc.syscall(number, 0, 0, 0, 0, 0, 0) < 0 and ctypes.get_errno() == errno.ENOSYS:
            may_lack.add(kind)
    check(set(left_out) <= may_lack, "not made: %s" % left_out)
    return "without %s" % left_out if left_out else None
