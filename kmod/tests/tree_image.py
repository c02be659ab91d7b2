#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""usage: tree_image.py FILE

Writes a tree image by hand: its program forks a child, which writes "child"
to stdout and ends; waits for it; writes "done", and ends with status 7.
"""
import struct
import sys
import zlib

PAGE = 4096
NR_WRITE, NR_WAIT4, NR_EXIT_GROUP = 1, 61, 231
IMM, DATA, SLOT = 1, 2, 3
SYSCALL, FORK = 1, 2
NONE = 0xFFFFFFFF
data = b"child\ndone\n".ljust(16, b"\0")


def op(code, nr=0, args=(), slot=NONE, skip=0):
    packed = struct.pack("<HHIIIIHHII", code, 0, nr, slot, NONE, skip, 0, 0, 0, 0)
    for kind, value in list(args) + [(0, 0)] * (6 - len(args)):
        packed += struct.pack("<IIQ", kind, 0, value)
    return packed


ops = [
    op(FORK, args=[(IMM, 0), (IMM, 0), (IMM, (1 << 64) - 1)], slot=0, skip=2),
    op(SYSCALL, NR_WRITE, [(IMM, 1), (DATA, 0), (IMM, 6)]),
    op(SYSCALL, NR_EXIT_GROUP, [(IMM, 0)]),
    op(SYSCALL, NR_WAIT4, [(SLOT, 0), (IMM, 0), (IMM, 0), (IMM, 0)]),
    op(SYSCALL, NR_WRITE, [(IMM, 1), (DATA, 6), (IMM, 5)]),
    op(SYSCALL, NR_EXIT_GROUP, [(IMM, 7)]),
]
size = 24 + sum(map(len, ops)) + len(data)
program = struct.pack("<HHIIIIi", 1, 0, size, len(ops), 1, len(data), -1)
program += b"".join(ops) + data


def note(kind, desc):
    return struct.pack("<III8s", 8, len(desc), kind, b"CRTOOLS") + desc


def header(crc):
    return struct.pack("<HHIHHIQII16sQQQQIIiI64s", 1, 0, 160, 1, 0, 1, PAGE, crc, PAGE,
                       bytes(16), 0, 0, 0, 0, 0, 0, 1, 0, b"test")


def image(crc):
    notes = note(0x43525401, header(crc)) + note(0x43525407, program)
    ehdr = struct.pack("<16sHHIQQQIHHHHHH", b"\x7fELF\x02\x01\x01\0\0CRTOOLS", 4, 62, 1,
                       0, 64, 0, 0, 64, 56, 1, 0, 0, 0)
    phdr = struct.pack("<IIQQQQQQ", 4, 0, 120, 0, 0, len(notes), 0, 4)
    return (ehdr + phdr + notes).ljust(PAGE, b"\0")


with open(sys.argv[1], "wb") as file:
    file.write(image(zlib.crc32(image(0))))
