#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# usage: inject.sh MODULE.ko INJECT WORKLOADS-FOLDER
#
# Lets every allocation of the module's operations fail in turn: see inject.c,
# which INJECT is compiled from. Run as root, in a virtual machine whose kernel
# can inject faults; without that it says so and ends with 77.
set -u
module=$1 inject=$2 folder=$3
[ -e /proc/self/fail-nth ] || { echo "this kernel cannot inject faults"; exit 77; }
mountpoint -q /sys/kernel/debug || mount -t debugfs none /sys/kernel/debug
# Only what the module asks for, as others warn when loading it fails; where modules are: asm/pgtable_64_types.h.
for kind in failslab fail_page_alloc fail_usercopy; do
	cd /sys/kernel/debug/$kind || exit 1
	echo 0 >verbose
	echo 0xffffffffa0000000 >require-start
	echo 0xffffffffff000000 >require-end
	echo 32 >stacktrace-depth
	[ ! -e ignore-gfp-wait ] || echo N >ignore-gfp-wait
done
cd / || exit 1
echo N >/sys/kernel/debug/fail_page_alloc/ignore-gfp-highmem
echo 0 >/sys/kernel/debug/fail_page_alloc/min-order

# khugepaged changes the memory of processes that are stopped.
scan=/sys/kernel/mm/transparent_hugepage/khugepaged/scan_sleep_millisecs
[ ! -e $scan ] || echo 3600000 >$scan

# Each load and unload waits for RCU a dozen times, with nothing else to do.
echo 1 >/sys/kernel/rcu_expedited

# Where everything of the ordinary user stands.
stacks() {
	local pid file
	for pid in $(pgrep -u user); do
		for file in /proc/"$pid"/task/*; do
			echo "$file: $(grep -E '^(Name|State|SigPnd|ShdPnd)' "$file/status" | tr -s '\t\n' '  ')"
			cat "$file/syscall" "$file/stack"
		done
	done
}

bad=0
"$inject" 1 none "$module" || bad=1
insmod "$module" || exit 1
# one WORKLOAD [ARGUMENT...]: dumped and executed
one() {
	local dir pid name=$1
	dir=$(mktemp -d)
	chown user "$dir"
	shift
	echo "$name:"
	# Not by su: it stops as its child does, and is waited for at the end.
	setpriv --reuid=user --regid=user --clear-groups env CR_READY="$dir/ready" CR_RESULT="$dir/result" \
		CR_DIR="$dir" CR_PIDS=any CR_EXE=any "$folder/$name" "$@" >/dev/null 2>&1 &
	pid=$!
	for ((i = 0; i < 3000; i++)); do
		[ -e "$dir/ready" ] && break
		sleep 0.01
	done
	kill -STOP "$pid"
	until grep -q '^State:.T' "/proc/$pid/status"; do sleep 0.01; done
	su -s /bin/bash user -c "cat /proc/$pid/dump >$dir/img && chmod 700 $dir/img && exec $inject $pid $dir/img" || { bad=1; stacks; }
	kill -KILL "$pid"
	wait "$pid" 2>/dev/null
}
one threads 3
# In short: what only happens with shared memory.
[ -z "${SHORT:-}" ] || export ONLY=execute
one map_shared_anon
[ "$(cat /sys/module/crtools/refcnt)" = 0 ] || { echo "the module is still in use"; bad=1; }
pgrep -u user -l && { echo "processes are left"; bad=1; }
rmmod crtools || bad=1
exit $bad
