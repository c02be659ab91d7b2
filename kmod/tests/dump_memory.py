# SPDX-License-Identifier: Apache-2.0
"""Tests of what /proc/PID/dump says of memory."""
import ctypes
import errno
import os
import re
import struct
import subprocess
import time

import image
from image import PAGE
from dump_target import (check, equal, failure, Target, same_memory, same_maps, read_all, HERE, libc)


def test_anonymous():
    with Target("anon") as t:
        img = t.image()
        same_memory(t, img)
        same_maps(t, img)
        f = t.facts
        equal(img.pages_of(f["anon"], 64), list(range(0, 64, 4)), "touched pages")
        equal(img.pages_of(f["zeros"], 2048), [700, 1500], "pages full of zeros")
        equal(img.pages_of(f["none"], 10), [2, 3, 4], "pages without access")
        equal(img.pages_of(f["sparse"], 16384), [5000], "sparse pages")
        equal(img.pages_of(f["huge"], 4096), list(range(4096)), "huge pages")
        equal(img.pages_of(f["growsdown"], 8), [7], "stack-like memory")
        check(img.vma_at(f["growsdown"]).vflags & 0x10, "GROWSDOWN")
        flags = [img.vma_at(f["advised"] + i * PAGE).vflags for i in range(4)]
        check(flags[0] & 0x100 and flags[1] & 0x200 and flags[2] & 0x400, "advice")
        name = img.vma_at(f["advised"] + 3 * PAGE).name
        check(name in (b"a name of ours", b""), "name %r" % name)
        zero = img.vma_at(f["devzero"])
        equal((zero.base, zero.file), (image.ANON, image.NO_FILE), "private /dev/zero")
        equal(img.pages_of(f["devzero"], 4), [1], "pages of /dev/zero")
        check(img.vma_at(f["locked"]).vflags & 0x40, "LOCKED")
        check(img.vma_at(f["huge"]).vflags & 0x800, "HUGEPAGE")
        stacks = [v for v in img.vmas if v.vflags & 0x20000]
        equal(len(stacks), 1, "stacks")
        check(stacks[0].vflags & 0x10, "the stack grows")
        data = sum(size for _, _, size, _, _ in img.loads)
        with open("/proc/%d/smaps_rollup" % t.pid) as smaps:
            owned = int(re.search(r"Anonymous: +(\d+)", smaps.read()).group(1)) * 1024
        check(data <= owned + 4 * PAGE, "%d bytes of data for %d of memory" % (data, owned))


def test_huge_pages_stay():
    """A dump must not split them."""
    def huge(pid):
        with open("/proc/%d/smaps_rollup" % pid) as smaps:
            return int(re.search(r"AnonHugePages: +(\d+)", smaps.read()).group(1))
    with Target("anon") as t:
        before = huge(t.pid)
        t.save()
        equal(huge(t.pid), before, "huge pages")
        return "%d kB" % before


def test_files():
    with Target("files") as t:
        img = t.image()
        same_memory(t, img)
        same_maps(t, img)
        f = t.facts
        equal(img.pages_of(f["private"], 16), [3, 9], "written pages")
        equal(img.pages_of(f["shared"], 16), [], "shared file")
        file = img.files[img.vma_at(f["private"]).file]
        equal((file.path, file.size), (os.path.join(t.dir, "plain.data").encode(), 16 * PAGE))
        check(file.fflags & 0x10, "CHECK")
        equal(img.vma_at(f["shared"]).file, img.vma_at(f["private"]).file, "one file, one entry")
        check(img.vma_at(f["shared"]).vflags & 0x10000, "MAYWRITE")
        readonly = img.vma_at(f["readonly"])
        check(readonly.vflags & 0x10008 == 8, "a shared mapping for reading")

        gone = img.vma_at(f["gone_private"])
        equal((gone.base, img.files[gone.file].fflags & 1), (image.ANON, 1), "deleted, private")
        equal(img.pages_of(f["gone_private"], 12), list(range(9)), "pages of a deleted file")
        gone = img.vma_at(f["gone_shared"])
        equal(gone.base, image.SHMEM, "deleted, shared")
        equal(img.pages_of(f["gone_shared"], 12), list(range(10)), "pages of a deleted file")

        shmem = img.vma_at(f["shmem"])
        equal((shmem.base, img.files[shmem.file].fflags), (image.SHMEM, 3), "anonymous, shared")
        equal(img.pages_of(f["shmem"], 32), [4, 5, 20], "pages of shared memory")
        memfd = img.vma_at(f["memfd"])
        equal((memfd.base, img.files[memfd.file].fflags), (image.SHMEM, 5), "memfd")
        equal(img.files[memfd.file].path, b"/memfd:of ours", "name of the memfd")
        # The first one was made when the private mapping wrote to it.
        equal(img.pages_of(f["memfd"], 20), [0, 7, 8], "pages of a memfd")
        private = img.vma_at(f["memfd_private"])
        equal(private.base, image.ANON, "memfd, private")
        equal(img.pages_of(f["memfd_private"], 20), [0, 7, 8], "pages of a private memfd")
        odd = img.files[img.vma_at(f["odd"]).file]
        check(odd.path.endswith(b"/odd \n name\xff"), "path with a newline: %r" % odd.path)


def same_page(target, first, second):
    """Both addresses show the same page of memory."""
    with open("/proc/%d/pagemap" % target.pid, "rb", buffering=0) as pagemap:
        entries = []
        for address in first, second:
            pagemap.seek(address // PAGE * 8)
            entries.append(int.from_bytes(pagemap.read(8), "little"))
    check(all(entry >> 63 for entry in entries), "a page is not there")
    return len({entry & (1 << 55) - 1 for entry in entries}) == 1


def set_ksm(**values):
    for name, value in values.items():
        with open("/sys/kernel/mm/ksm/" + name, "w") as file:
            file.write("%d" % value)


def test_zero_pages():
    """Where the process sees zeros, the bytes of its file must not come back."""
    path = "/dev/shm/crtools-zero.data"
    subprocess.run("mountpoint -q /dev/shm || mount -t tmpfs tmpfs /dev/shm", shell=True, check=True)
    with Target("zero_pages", path, uid=0) as t:
        f = t.facts
        check(same_page(t, f["zero"], f["uffd"] + 7 * PAGE), "no zero page from userfaultfd")
        set_ksm(use_zero_pages=1, sleep_millisecs=1, run=1)
        while not same_page(t, f["zero"], f["ksm"] + 5 * PAGE):
            time.sleep(0.01)
        set_ksm(run=0, use_zero_pages=0)
        img = t.image()
        same_memory(t, img)
        for name, page in ("ksm", 5), ("uffd", 7):
            equal(img.vma_at(f[name]).base, image.FILE, "file")
            equal(t.memory(f[name] + page * PAGE, PAGE), bytes(PAGE), "what the process sees")
            equal(img.pages_of(f[name], 16), [page], "pages that are not the file's: " + name)
    os.unlink(path)


def test_dump_leaves_holes():
    """Reading an image makes no page of shared memory or of the heap."""
    def owned(pid):
        with open("/proc/%d/status" % pid) as status:
            result = re.findall(r"RssAnon:\s+(\d+)", status.read())
        for name in sorted(os.listdir("/proc/%d/map_files" % pid)):
            result.append((name, os.stat("/proc/%d/map_files/%s" % (pid, name)).st_blocks))
        return result
    for state in "anon", "files":
        with Target(state) as t:
            before = owned(t.pid)
            t.save()
            equal(owned(t.pid), before, "memory")


def test_build_id():
    with Target("anon") as t:
        img = t.image()
        exe = img.files[img.mm.exe]
        equal(exe.path, os.path.join(HERE, "dumpee").encode(), "exe")
        shown = subprocess.run(["readelf", "-n", exe.path], capture_output=True, text=True, check=True)
        wanted = re.search("Build ID: ([0-9a-f]+)", shown.stdout)
        check(wanted, "the program has no build id")
        equal(exe.build_id[:exe.build_id_len].hex(), wanted.group(1), "build id")
        libc_file = next(f for f in img.files if b"libc.so" in f.path)
        check(libc_file.build_id_len == 20, "build id of libc")


def romfs(name, data):
    """A disk with one file, as Documentation/filesystems/romfs.rst in the kernel's sources has it."""
    directory, file = 32, 64
    disk = struct.pack(">8sII16s", b"-rom1fs-", file + 32 + len(data), 0, b"disk")
    disk += struct.pack(">IIII16s", 1 | 8, file, 0, 0, b".")
    disk += struct.pack(">IIII16s", 2 | 8, 0, len(data), 0, name) + data
    check(len(disk) >= 512 and disk.index(b".") == directory + 16, "layout")
    checksum = -sum(struct.unpack(">128I", disk[:512])) & 0xFFFFFFFF
    return disk[:12] + struct.pack(">I", checksum) + disk[16:] + bytes(-len(disk) % 4096)


def test_file_of_a_broken_disk():
    """Its build id cannot be read: that is not the same as having none."""
    disk, folder = "/var/tmp/disk", "/var/tmp/of-the-disk"
    if subprocess.run("modprobe -a loop romfs", shell=True, capture_output=True, check=False).returncode:
        return "not run: this kernel has no romfs or no loop devices"
    os.makedirs(folder, exist_ok=True)
    with open(HERE + "/dumpee", "rb") as program, open(disk, "wb") as file:
        file.write(romfs(b"program", program.read()))
    # Without direct I/O, a loop device may give zeros where its file has ended.
    mount = ("device=$(losetup --find --show --read-only --direct-io=on %s) && mount -t romfs -o ro $device %s && "
             "losetup --detach $device" % (disk, folder))
    subprocess.run(mount, shell=True, check=True)
    with Target("map", folder + "/program") as t:
        file = next(f for f in t.image().files if f.path == (folder + "/program").encode())
        equal(file.build_id_len, 20, "build id on a sound disk")
    subprocess.run(["umount", folder], check=True)
    subprocess.run(mount, shell=True, check=True)
    with Target("map", folder + "/program") as t:
        os.truncate(disk, 0)
        equal(failure(open, t.dump, "rb"), errno.EIO, "dump")
    subprocess.run(["umount", folder], check=True)
    os.unlink(disk)


def test_mm():
    with Target("anon") as t:
        img = t.image()
        with open("/proc/%d/stat" % t.pid, "rb") as stat:
            fields = stat.read().rsplit(b")", 1)[1].split()
        numbers = [int(x) for x in fields[1:]]
        mm = img.mm
        equal((mm.start_code, mm.end_code, mm.start_stack), tuple(numbers[22:25]), "code")
        equal((mm.start_data, mm.end_data, mm.start_brk), tuple(numbers[41:44]), "data")
        equal((mm.arg_start, mm.arg_end, mm.env_start, mm.env_end), tuple(numbers[44:48]), "args")
        with open("/proc/%d/auxv" % t.pid, "rb") as auxv:
            wanted = auxv.read()
        got = next(d for n, k, d in img.notes if k == image.NT_AUXV)
        check(wanted.startswith(got) and got[-16:] == bytes(16), "auxv")
        with open("/proc/%d/maps" % t.pid) as maps:
            text = maps.read()
        low = int(re.search(r"^(\w+)-.*\[vvar\]", text, re.M).group(1), 16)
        code, end = (int(x, 16) for x in re.search(r"^(\w+)-(\w+).*\[vdso\]", text, re.M).groups())
        equal((mm.vdso_base, mm.vdso_size, mm.vdso_code), (low, end - low, code), "vdso")
        vdso = img.memory(code, end - code)
        equal(__import__("zlib").crc32(vdso), mm.vdso_crc, "CRC of the vdso")
        # Heap and stack end where the process says.
        heap = re.search(r"^(\w+)-(\w+).*\[heap\]", text, re.M)
        if heap:
            check(int(heap.group(1), 16) <= mm.brk <= int(heap.group(2), 16), "brk")
        # Another process's vdso: the same.
        with Target("anon") as other:
            equal(other.image().mm.vdso_crc, mm.vdso_crc, "CRC of another's vdso")


def test_swap():
    swap = "/var/tmp/swapfile"
    subprocess.run("dd if=/dev/zero of=%s bs=1M count=96 status=none && chmod 600 %s && "
                   "mkswap -q %s && swapon %s" % (swap, swap, swap, swap), shell=True, check=True)
    with Target("big", "32") as t:
        libc.syscall.restype = ctypes.c_long
        pidfd = libc.syscall(434, t.pid, 0)
        with open("/proc/%d/maps" % t.pid) as maps:
            start, end = max(((int(a, 16), int(b, 16)) for a, b in
                              re.findall(r"^(\w+)-(\w+) rw-p 0+ 00:00", maps.read(), re.M)),
                             key=lambda r: r[1] - r[0])
        iov = ctypes.create_string_buffer(struct.pack("<QQ", start, end - start), 16)
        done = libc.syscall(440, pidfd, ctypes.c_void_p(ctypes.addressof(iov)), ctypes.c_size_t(1),
                            21, 0)		# MADV_PAGEOUT
        os.close(pidfd)
        check(done > 0, "process_madvise")
        with open("/proc/%d/status" % t.pid) as status:
            swapped = int(re.search(r"VmSwap:\s+(\d+)", status.read()).group(1))
        check(swapped > 16000, "only %d kB swapped out" % swapped)
        img = t.image()
        same_memory(t, img)
        equal(len(img.pages_of(start, 32 * 256)), 32 * 256, "pages")
    subprocess.run(["swapoff", swap], check=True)
    os.unlink(swap)
    return "%d kB swapped out" % swapped


def test_memory_is_returned():
    """Opening again and again leaves nothing behind."""
    with open("/proc/kallsyms") as symbols:
        if " kasan_report\n" in symbols.read():
            return "not measured: KASAN keeps what is freed, and kmemleak looks in the end"

    def unreclaimable():
        with open("/proc/meminfo") as info:
            text = info.read()
        return sum(int(re.search(name + r": +(\d+)", text).group(1))
                   for name in ("SUnreclaim", "VmallocUsed"))
    with Target("threads", "60") as t:
        for _ in range(20):
            read_all(t.dump)
        before = unreclaimable()
        for _ in range(200):
            read_all(t.dump)
        grown = unreclaimable() - before
        check(grown < 4000, "%d kB more" % grown)
        # Refused halfway: the same.
    with Target("refused", "aio") as t:
        before = unreclaimable()
        for _ in range(200):
            failure(open, t.dump, "rb")
        check(unreclaimable() - before < 4000, "failing opens keep memory")
