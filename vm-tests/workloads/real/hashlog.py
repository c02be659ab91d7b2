#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Threads that hash files and append a line for each to one log.

  hashlog.py make FOLDER [FILES]         deterministic files to hash
  hashlog.py run FOLDER LOG [ROUNDS]     every file ROUNDS times, four threads
  hashlog.py check FOLDER LOG [ROUNDS]   every line once, none torn, all right

run reports as the C workloads do: CR_READY once the threads are at work, CR_RESULT
(PASS or FAIL: reason) at its end. It ends by itself; if CR_FINISH is set, the last
file is not hashed before there is one of that name. SIGTERM ends it early, and then
the log must have the lines of all that was done, and no others.
"""

import hashlib
import os
import queue
import signal
import sys
import threading

THREADS = 4


def make(folder, count):
    os.makedirs(folder, exist_ok=True)
    for i in range(count):
        state = hashlib.sha256(b"%d" % i).digest()
        block = b"".join(hashlib.sha256(state + b"%d" % j).digest() for j in range(128))
        with open(os.path.join(folder, "file-%04d" % i), "wb") as f:
            for j in range(4 + i % 60):
                f.write(block + b"%d" % j)


def digest(path, round_number):
    """Reads in small pieces, so that a checkpoint finds files open and half read."""
    h = hashlib.sha256(b"%d" % round_number)
    with open(path, "rb", buffering=0) as f:
        while piece := f.read(1500):
            h.update(piece)
    return h.hexdigest()


def line_for(folder, name, round_number):
    return "%d %s %s\n" % (round_number, name, digest(os.path.join(folder, name), round_number))


def tasks(folder, rounds):
    return [(r, name) for r in range(rounds) for name in sorted(os.listdir(folder))]


class Run:
    def __init__(self, folder, log, rounds):
        self.folder = folder
        self.todo = queue.Queue()
        for task in tasks(folder, rounds):
            self.todo.put(task)
            self.last = task
        self.finish = os.environ.get("CR_FINISH")
        self.log = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_TRUNC, 0o666)
        self.done = set()
        self.lock = threading.Lock()
        self.stop = threading.Event()
        self.failure = None

    def work(self):
        try:
            while not self.stop.is_set():
                try:
                    r, name = self.todo.get_nowait()
                except queue.Empty:
                    return
                if self.finish and (r, name) == self.last:
                    while not os.path.exists(self.finish) and not self.stop.wait(0.1):
                        pass
                line = line_for(self.folder, name, r).encode()
                if os.write(self.log, line) != len(line):
                    raise OSError("short write to the log")
                with self.lock:
                    self.done.add((r, name))
        except Exception as e:  # the thread's end must not pass for success
            self.failure = e
            self.stop.set()


def verify(folder, log, wanted):
    """The reason why the log is wrong, or None."""
    seen = set()
    with open(log, newline="\n") as f:
        text = f.read()
    if text and not text.endswith("\n"):
        return "the last line is torn"
    for n, line in enumerate(text.splitlines(), 1):
        try:
            r, name, _ = line.split(" ")
            task = (int(r), name)
        except ValueError:
            return "line %d is no log line: %r" % (n, line[:100])
        if task in seen:
            return "line %d is there twice: %s" % (n, line)
        if task not in wanted:
            return "line %d was never to be written: %s" % (n, line)
        if line + "\n" != line_for(folder, name, task[0]):
            return "line %d has a wrong hash: %s" % (n, line)
        seen.add(task)
    if seen != wanted:
        return "%d of %d lines are missing" % (len(wanted - seen), len(wanted))
    return None


def publish(variable, text):
    path = os.environ.get(variable)
    if not path:
        sys.stdout.write(text)
        sys.stdout.flush()
        return
    if os.path.isdir(path):
        path = os.path.join(path, str(os.getpid()))
    temporary = "%s.%d.tmp" % (path, os.getpid())
    with open(temporary, "w") as f:
        f.write(text)
    os.rename(temporary, path)


def run(folder, log, rounds):
    job = Run(folder, log, rounds)
    signal.signal(signal.SIGTERM, lambda *_: job.stop.set())
    threads = [threading.Thread(target=job.work) for _ in range(THREADS)]
    for t in threads:
        t.start()
    publish("CR_READY", "%d\n" % os.getpid() if "CR_READY" in os.environ else "ready\n")
    for t in threads:
        # With a timeout: a join without one would keep the SIGTERM handler waiting.
        while t.is_alive():
            t.join(0.2)
    os.close(job.log)
    if os.environ.get("CR_DAMAGE"):
        with open(log, "a") as f:
            f.write("0 file-0000 0\n")
    reason = str(job.failure) if job.failure else verify(folder, log, job.done)
    publish("CR_RESULT", "FAIL: %s\n" % reason if reason else "PASS\n%d lines\n" % len(job.done))
    return 1 if reason else 0


def main(argv):
    if len(argv) < 3 or argv[1] not in ("make", "run", "check") or (argv[1] != "make" and len(argv) < 4):
        print(__doc__, file=sys.stderr)
        return 2
    if argv[1] == "make":
        make(argv[2], int(argv[3]) if len(argv) > 3 else 200)
        return 0
    rounds = int(argv[4]) if len(argv) > 4 else 3
    if argv[1] == "run":
        return run(argv[2], argv[3], rounds)
    reason = verify(argv[2], argv[3], set(tasks(argv[2], rounds)))
    print("FAIL: %s" % reason if reason else "PASS")
    return 1 if reason else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv))
