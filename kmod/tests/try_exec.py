#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""usage: try_exec.py IMAGE

Executes an image and prints the name of execve's error; or, a moment later,
"executed", the effective ids and capabilities of the process, and kills it.
"""
import errno
import os
import signal
import struct
import sys
import time

def is_back():
    """Whether the restored process has its own name, and no descriptor of ours where one may look."""
    try:
        with open(f"/proc/{pid}/comm") as comm:
            if comm.read().rstrip("\n") == os.path.basename(sys.argv[1])[:15]:
                return False
        return not any("crtools" in os.readlink(f"/proc/{pid}/fd/{fd}") for fd in os.listdir(f"/proc/{pid}/fd"))
    except PermissionError:
        return True
    except FileNotFoundError:
        return False	# closed meanwhile


read, write = os.pipe()
pid = os.fork()
if pid == 0:
    try:
        os.execv(sys.argv[1], [sys.argv[1]])
    except OSError as error:
        os.write(write, struct.pack("<i", error.errno))
    os._exit(0)
os.close(write)
answer = os.read(read, 4)
if answer:
    print(errno.errorcode[struct.unpack("<i", answer)[0]])
else:
    for _ in range(6000):
        if is_back():
            break
        time.sleep(0.01)
    else:
        print("not back: ", end="")
    status = dict(line.split(":\t", 1) for line in open(f"/proc/{pid}/status")
                  if ":\t" in line)
    print("executed", "uid", status["Uid"].split()[1],
          "gid", status["Gid"].split()[1],
          "caps", int(status["CapEff"], 16) and "some" or "none")
    os.kill(pid, signal.SIGKILL)
os.waitpid(pid, 0)
