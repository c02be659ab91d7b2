# SPDX-License-Identifier: Apache-2.0
"""Tests of /proc/PID/dump, run as root in a virtual machine with the module loaded.

usage: dump_guest.py DIRECTORY [TEST...]     DIRECTORY holds dumpee and dumpee-static
"""
import os
import resource
import sys
import time
import traceback

os.environ["DUMPEES"] = os.path.abspath(sys.argv[1])

# They look for the dumpees when they are imported.
import dump_file
import dump_memory
import dump_threads
import image


def main():
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    tests = {n[5:]: f for module in (dump_memory, dump_threads, dump_file)
             for n, f in vars(module).items() if n.startswith("test_")}
    # khugepaged changes the memory of processes that are stopped.
    scan = "/sys/kernel/mm/transparent_hugepage/khugepaged/scan_sleep_millisecs"
    if os.path.exists(scan):
        with open(scan, "w") as file:
            file.write("3600000")
    failed = 0
    for name in sys.argv[2:] or tests:
        begin = time.monotonic()
        try:
            remark = tests[name]()
            print("ok   %-20s %5.1f s  %s" % (name, time.monotonic() - begin, remark or ""), flush=True)
        except Exception as error:		# every kind is a failure of this test
            failed += 1
            if not isinstance(error, (AssertionError, image.Bad)):
                traceback.print_exc()
            print("FAIL %-20s %s: %s" % (name, type(error).__name__, error), flush=True)
    print("%d of %d failed" % (failed, len(sys.argv[2:] or tests)))
    return 1 if failed else 0


sys.exit(main())
