#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""usage: edit_image.py IMAGE WHAT

Changes one thing in an image and makes its checksum right again.
WHAT: machine, or a name of the table EDITS below.
"""
import struct
import sys
import zlib

NOTES = {0x43525401: "header", 0x43525402: "mm", 0x43525403: "vmas",
         0x43525405: "thread", 0x43525406: "timers"}


def notes(data):
    phoff = struct.unpack_from("<Q", data, 32)[0]
    pos, _, _, size = struct.unpack_from("<QQQQ", data, phoff + 8)
    end = pos + size
    found = {}
    while pos < end:
        namesz, descsz, kind = struct.unpack_from("<III", data, pos)
        desc = pos + 12 + (namesz + 3) // 4 * 4
        if kind in NOTES and data[pos + 12:pos + 19] == b"CRTOOLS":
            found.setdefault(NOTES[kind], desc)
        elif kind == 1 and namesz == 5:
            found.setdefault("prstatus", desc)
        pos = desc + (descsz + 3) // 4 * 4
    return found


def add(data, pos, form, value):
    struct.pack_into(form, data, pos,
                     struct.unpack_from(form, data, pos)[0] + value)


# What, the note, offset in it, format, what is added.
EDITS = {
    "major": ("header", 8, "<H", 1),
    "page_size": ("header", 28, "<I", 4096),
    "xfeatures": ("header", 72, "<Q", 1 << 40),
    "vdso": ("mm", 120, "<I", 1),
    "brk": ("mm", 40, "<Q", 1 << 46),
    "offset": ("vmas", 24 + 16, "<Q", 1 << 50),
    # The first VMA (of a file) becomes one of the caller's descriptor 99.
    "fd": ("vmas", 24 + 28, "<I", 1),
}


def seal(image):
    """Makes the checksum of the metadata right."""
    header = notes(image)["header"]
    meta_size = struct.unpack_from("<Q", image, header + 16)[0]
    struct.pack_into("<I", image, header + 24, 0)
    struct.pack_into("<I", image, header + 24, zlib.crc32(image[:meta_size]))


def main(path, what):
    image = bytearray(open(path, "rb").read())
    where = notes(image)
    if what == "machine":
        struct.pack_into("<H", image, 18, 183)
    else:
        note, offset, form, value = EDITS[what]
        add(image, where[note] + offset, form, value)
        if what == "fd":
            struct.pack_into("<i", image, where[note] + 24 + 36, 99)
    seal(image)
    open(path, "wb").write(image)


if __name__ == "__main__":
    main(*sys.argv[1:])
