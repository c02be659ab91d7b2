# SPDX-License-Identifier: Apache-2.0
"""Reads an image (include/crtools_format.h) and checks what must hold in any."""
import bisect
import os
import struct
import zlib

PAGE = 4096
HUGE_RUN, HUGE_ALIGN = 0x400000, 0x200000
PT_LOAD, PT_NOTE = 1, 4
NT_PRSTATUS, NT_FPREGSET, NT_PRPSINFO, NT_AUXV = 1, 2, 3, 6
NT_SIGINFO, NT_FILE, NT_XSTATE = 0x53494749, 0x46494C45, 0x202
HEADER, MM, VMAS, SIGNALS, THREAD, TIMERS = (0x43525400 + i for i in range(1, 7))
NO_FILE = 0xFFFFFFFF
ANON, SHMEM, FILE, FD, VDSO = range(5)
SHARED = 8
REGISTERS = ("r15 r14 r13 r12 rbp rbx r11 r10 r9 r8 rax rcx rdx rsi rdi orig_rax "
             "rip cs eflags rsp ss fs_base gs_base ds es fs gs").split()


class Bad(Exception):
    pass


def need(condition, text):
    if not condition:
        raise Bad(text)


class Record:
    """Named fields of a struct."""

    def __init__(self, layout, data, offset=0):
        for field in layout.split():
            kind, name = field.split(":")
            count, kind = (int(kind[:-1]), kind[-1]) if kind[:-1] else (1, kind)
            if kind == "b":
                value, size = data[offset:offset + count], count
            else:
                size = count * struct.calcsize("<" + kind)
                value = struct.unpack_from("<%d%s" % (count, kind), data, offset)
                value = value[0] if count == 1 else value
            setattr(self, name, value)
            offset += size
        self.after = offset


NOTE = "H:version H:flags I:size "
LAYOUT_HEADER = NOTE + ("H:major H:minor I:hdr_flags Q:meta_size I:meta_crc I:page_size 16b:id "
                        "Q:created Q:monotonic Q:boottime Q:xfeatures I:xstate_size "
                        "I:nr_threads i:pid I:reserved 64b:release")
LAYOUT_MM = NOTE + ("Q:start_code Q:end_code Q:start_data Q:end_data Q:start_brk Q:brk "
                    "Q:start_stack Q:arg_start Q:arg_end Q:env_start Q:env_end Q:vdso_base "
                    "Q:vdso_size Q:vdso_code I:vdso_crc I:exe I:personality I:dumpable "
                    "I:thp_disable I:membarrier I:mlock_future I:child_subreaper "
                    "I:mdwe I:memory_merge")
LAYOUT_VMAS = NOTE + "I:nr_vmas I:nr_files I:strings_size I:reserved"
LAYOUT_VMA = "Q:start Q:end Q:offset I:vflags I:base I:file i:fd I:name_off I:name_len"
LAYOUT_FILE = ("Q:ino Q:size Q:mtime I:dev_major I:dev_minor I:mode I:fflags I:path_off "
               "I:path_len I:build_id_len 20b:build_id")
LAYOUT_SIGNALS = NOTE + "I:nr_pending I:reserved 256Q:actions"
LAYOUT_THREAD = NOTE + ("i:tid I:tflags Q:sigmask Q:saved_sigmask Q:altstack_sp Q:altstack_size "
                        "I:altstack_flags I:rseq_len Q:rseq_ptr I:rseq_sig I:nr_pending "
                        "Q:robust_list Q:robust_list_len Q:clear_child_tid I:restart "
                        "I:restart_clock I:restart_type I:restart_flags Q:restart_ptr "
                        "Q:restart_val I:restart_bitset I:restart_has_timeout "
                        "q:restart_remaining I:pdeath_signal I:securebits I:no_new_privs "
                        "I:timer_slack_hi Q:timer_slack 16b:comm")
LAYOUT_TIMERS = NOTE + "I:nr_posix I:reserved 6Q:itimer"
LAYOUT_POSIX = "i:id i:clock i:notify i:signo Q:value i:tid i:overrun Q:value_ns Q:interval_ns"


def siginfos(data, offset, count):
    need(len(data) == offset + 128 * count, "siginfos do not fill their note")
    result = []
    for i in range(count):
        info = data[offset + 128 * i:offset + 128 * (i + 1)]
        signo, _, code = struct.unpack_from("<iii", info)
        result.append((signo, code, struct.unpack_from("<q", info, 24)[0] & 0xFFFFFFFF))
    return result


class Image:
    def __init__(self, path):
        self.file = open(path, "rb")
        self.size = os.fstat(self.file.fileno()).st_size
        self._headers()
        self._notes()
        self._check_loads()

    def read(self, offset, size):
        self.file.seek(offset)
        return self.file.read(size)

    def _headers(self):
        ehdr = self.read(0, 64)
        need(ehdr[:7] == b"\x7fELF\x02\x01\x01", "not ELF64")
        need(ehdr[9:16] == b"CRTOOLS", "no magic")
        (kind, machine, version, entry, phoff, shoff, _, ehsize, phentsize, phnum, shentsize,
         shnum, _) = struct.unpack_from("<HHIQQQIHHHHHH", ehdr, 16)
        need((kind, machine, version, entry) == (4, 62, 1, 0), "not a core of this machine")
        need((ehsize, phentsize, phoff) == (64, 56, 64), "sizes of headers")
        if phnum == 0xFFFF:
            need((shentsize, shnum) == (64, 1), "section header")
            phnum = struct.unpack_from("<I", self.read(shoff, 64), 44)[0]
        self.phdrs = [struct.unpack("<IIQQQQQQ", self.read(64 + 56 * i, 56)) for i in range(phnum)]
        need(self.phdrs[0][0] == PT_NOTE, "no notes first")
        need(all(p[0] == PT_LOAD for p in self.phdrs[1:]), "only one PT_NOTE, then PT_LOADs")
        self.loads = [(p[3], p[6], p[5], p[2], p[1]) for p in self.phdrs[1:]]

    def _notes(self):
        _, _, offset, _, _, size, _, align = self.phdrs[0]
        need(align == 4, "alignment of notes")
        data, pos = self.read(offset, size), 0
        self.notes = []
        while pos < len(data):
            namesz, descsz, kind = struct.unpack_from("<III", data, pos)
            name = data[pos + 12:pos + 12 + namesz]
            need(name[-1:] == b"\0", "name of a note")
            desc = pos + 12 + (namesz + 3 & ~3)
            self.notes.append((name[:-1].decode(), kind, data[desc:desc + descsz]))
            pos = desc + (descsz + 3 & ~3)
        need(pos == len(data), "notes end inside a note")
        need(self.notes[0][:2] == ("CRTOOLS", HEADER), "the header is not the first note")
        self.threads, self.timers = [], None
        for name, kind, data in self.notes:
            if name == "CRTOOLS":
                note = Record(NOTE, data)
                need((note.version, note.flags, note.size) == (1, 0, len(data)), "head of a note")
            self._note(name, kind, data)
        need(len(self.threads) == self.header.nr_threads, "number of threads")
        need(offset + size <= self.header.meta_size <= self.size, "size of the metadata")
        meta = bytearray(self.read(0, self.header.meta_size))
        crc_at = offset + 20 + 24
        need(struct.unpack_from("<I", meta, crc_at)[0] == self.header.meta_crc, "place of the CRC")
        struct.pack_into("<I", meta, crc_at, 0)
        need(zlib.crc32(meta) == self.header.meta_crc, "CRC of the metadata")

    def _note(self, name, kind, data):
        if (name, kind) == ("CORE", NT_PRSTATUS):
            need(len(data) == 336, "size of NT_PRSTATUS")
            self.threads.append({"regs": dict(zip(REGISTERS, struct.unpack_from("<27Q", data, 112))),
                                 "pid": struct.unpack_from("<i", data, 32)[0]})
        elif (name, kind) == ("CORE", NT_FPREGSET):
            self.threads[-1]["fp"] = data
        elif (name, kind) == ("LINUX", NT_XSTATE):
            need(len(data) == self.header.xstate_size, "size of NT_X86_XSTATE")
            self.threads[-1]["xstate"] = data
        elif kind == HEADER:
            self.header = Record(LAYOUT_HEADER, data)
            need(self.header.after == len(data) == 160, "size of the header")
            need((self.header.major, self.header.page_size) == (1, PAGE), "version")
        elif kind == THREAD:
            record = Record(LAYOUT_THREAD, data)
            record.pending = siginfos(data, record.after, record.nr_pending)
            need(record.tid == self.threads[-1]["pid"], "NT_PRSTATUS of another thread")
            self.threads[-1]["record"] = record
        elif kind == MM:
            self.mm = Record(LAYOUT_MM, data)
            need(self.mm.after == len(data), "size of mm")
        elif kind == SIGNALS:
            self.signals = Record(LAYOUT_SIGNALS, data)
            self.signals.pending = siginfos(data, self.signals.after, self.signals.nr_pending)
        elif kind == TIMERS:
            self.timers = Record(LAYOUT_TIMERS, data)
            need(len(data) == self.timers.after + 48 * self.timers.nr_posix, "size of the timers")
            self.timers.posix = [Record(LAYOUT_POSIX, data, self.timers.after + 48 * i)
                                 for i in range(self.timers.nr_posix)]
        elif kind == VMAS:
            self._vmas(data)

    def _vmas(self, data):
        head = Record(LAYOUT_VMAS, data)
        files = head.after + 48 * head.nr_vmas
        strings = files + 72 * head.nr_files
        need(len(data) == strings + head.strings_size, "size of the VMA table")
        text = data[strings:]
        self.vmas = [Record(LAYOUT_VMA, data, head.after + 48 * i) for i in range(head.nr_vmas)]
        self.files = [Record(LAYOUT_FILE, data, files + 72 * i) for i in range(head.nr_files)]
        for file in self.files:
            need(file.path_off + file.path_len < len(text), "path")
            need(text[file.path_off + file.path_len] == 0, "end of a path")
            file.path = text[file.path_off:file.path_off + file.path_len]
        last = 0
        for vma in self.vmas:
            vma.name = text[vma.name_off:vma.name_off + vma.name_len]
            need(last <= vma.start < vma.end and not (vma.start | vma.end | vma.offset) % PAGE,
                 "VMAs ascend")
            need(vma.file == NO_FILE or vma.file < len(self.files), "file of a VMA")
            last = vma.end

    def _check_loads(self):
        pos, last, vmas = self.header.meta_size, 0, iter(self.vmas)
        vma = next(vmas)
        seen = set()
        for start, memsz, filesz, offset, _ in self.loads:
            while vma.end <= start:
                vma = next(vmas)
            need(vma.start <= start and start + memsz <= vma.end, "a PT_LOAD outside of its VMA")
            need(last <= start and memsz and not (start | memsz) % PAGE, "PT_LOADs ascend")
            need(filesz in (0, memsz), "sizes of a PT_LOAD")
            if filesz >= HUGE_RUN:
                need((start - offset) % HUGE_ALIGN == 0, "a long run is not aligned")
                need(offset - pos < HUGE_ALIGN, "too large a gap")
            else:
                need(offset == pos, "PT_LOADs are not packed")
            last, pos = start + memsz, offset + filesz
            seen.add(vma.start)
        need(pos == self.size, "the end of the file: %d, not %d" % (self.size, pos))
        need(seen == {vma.start for vma in self.vmas}, "a VMA without PT_LOAD")

    def vma_at(self, address):
        return next(v for v in self.vmas if v.start <= address < v.end)

    def pages_of(self, start, count):
        """The pages that have data, as indices from start on."""
        result, end = [], start + count * PAGE
        # They are in the order of their addresses; the first that counts may begin before.
        at = max(bisect.bisect_right(self.loads, start, key=lambda load: load[0]) - 1, 0)
        while at < len(self.loads) and self.loads[at][0] < end:
            address, _, size, _, _ = self.loads[at]
            low, high = max(address, start), min(address + size, end)
            result += [(a - start) // PAGE for a in range(low, high, PAGE)]
            at += 1
        return result

    def memory(self, address, size):
        for start, _, filesz, offset, _ in self.loads:
            if start <= address < start + filesz:
                return self.read(offset + address - start, min(size, start + filesz - address))
        return None

    def by_comm(self, comm):
        return next(t for t in self.threads if t["record"].comm.rstrip(b"\0") == comm)
