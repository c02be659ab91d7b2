#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""usage: fuzz_exec.py IMAGE ROUNDS [SEED]

Executes damaged copies of an image, as an ordinary user in a virtual machine.
Each must either be refused with one of the documented errors, or become a
process, which is killed. Prints how often each happened.
"""
import collections
import errno
import os
import random
import signal
import struct
import sys
import time
import zlib

ALLOWED = {
    errno.EBADMSG, errno.EPROTONOSUPPORT, errno.EOPNOTSUPP, errno.ESTALE,
    errno.E2BIG,
    # of mapped files, memory limits and rights
    errno.ENOENT, errno.EACCES, errno.EPERM, errno.ENOMEM, errno.EBADF,
    errno.ENOTDIR, errno.EISDIR, errno.ENAMETOOLONG, errno.ELOOP, errno.ETXTBSY,
    errno.EINVAL,
}
VALUES = [0, 1, 4, 0xFF, 0x1000, 0x7FFF, 0xFFFF, 0x7FFFFFFF, 0x80000000,
          0xFFFFFFFF, 0x7FFFFFFFF000, 0x7FFFFFFFFFFFFFFF, 0xFFFFFFFFFFFFFFFF,
          0xFFFFFFFFFFFFF000, 0xFFFFFFFFFF600000]


def damage(data, size):
    for _ in range(random.randint(1, 3)):
        kind = random.randrange(3)
        if kind == 0:
            data[random.randrange(size)] ^= 1 << random.randrange(8)
        elif kind == 1:
            data[random.randrange(size)] = random.randrange(256)
        else:
            width = random.choice((2, 4, 8))
            pos = random.randrange(size // width) * width
            value = random.choice(VALUES) & ((1 << (8 * width)) - 1)
            data[pos:pos + width] = value.to_bytes(width, "little")


def repair(data, size, header):
    crc = header + 24
    data[crc:crc + 4] = bytes(4)
    data[crc:crc + 4] = struct.pack("<I", zlib.crc32(data[:size]))


def execute(path):
    """Returns an errno, or 0 when there was a new process."""
    read, write = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            os.setpgid(0, 0)
            null = os.open("/dev/null", os.O_RDWR)
            for fd in range(3):
                os.dup2(null, fd)
            os.execv(path, [path, "-x"])
        except OSError as error:
            os.write(write, struct.pack("<i", error.errno))
        os._exit(0)
    os.close(write)
    answer = os.read(read, 4)
    os.close(read)
    if not answer:
        end = time.monotonic() + 0.03
        while time.monotonic() < end:
            if os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT):
                break
            time.sleep(0.002)
        try:
            os.killpg(pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
    os.waitpid(pid, 0)
    return struct.unpack("<i", answer)[0] if answer else 0


def main():
    original = bytearray(open(sys.argv[1], "rb").read())
    rounds = int(sys.argv[2])
    random.seed(int(sys.argv[3]) if len(sys.argv) > 3 else 1)
    phoff = struct.unpack_from("<Q", original, 32)[0]
    header = struct.unpack_from("<Q", original, phoff + 8)[0] + 20
    meta_size = struct.unpack_from("<Q", original, header + 16)[0]
    path = f"fuzz-{os.getpid()}.img"
    seen = collections.Counter()
    for number in range(rounds):
        data = original[:]
        damage(data, meta_size)
        if random.randrange(10):
            repair(data, meta_size, header)
        if not random.randrange(15):
            data = data[:random.randrange(len(data))]
        with open(path, "wb") as file:
            file.write(data)
        os.chmod(path, 0o700)
        result = execute(path)
        # Cut before its magic bytes: no image any more.
        if result == errno.ENOEXEC and bytes(data[9:16]) != b"CRTOOLS" \
                or result == errno.ENOEXEC and data[:4] != b"\x7fELF":
            result = "no image"
        elif result and result not in ALLOWED:
            print(f"round {number}: {errno.errorcode.get(result, result)}")
            return 1
        else:
            result = errno.errorcode[result] if result else "executed"
        seen[result] += 1
        os.unlink(path)
    print(", ".join(f"{name} {count}" for name, count in seen.most_common()))
    return 0


sys.exit(main())
