#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# usage: guest.sh FOLDER COUNT SEED [WORKLOADS-FOLDER]
#
# In the machine, as root, with the module loaded: dumps processes (target.c)
# and lets fuzz_exec execute COUNT mutations of their images. FOLDER has the
# programs. The images are left in /tmp/images, and in /tmp/images/workloads
# those of a few workloads, for the parser's fuzzer (parse.sh). VERBOSE=1 names
# the mutations that were slow or ended by the handler.
set -eu
programs=$1 count=$2 seed=$3 workloads=${4:-}
images=/tmp/images
mkdir -p "$images/workloads"
chmod 755 "$images"
head -c 16384 /dev/urandom >"$images/data"
chmod 666 "$images/data"
# The bad medium; built in, or a module.
[ -e /sys/fs/fuse ] || modprobe fuse
# A user's program that fails says nothing in the log.
echo 0 >/proc/sys/debug/exception-trace

# All threads of it.
is_stopped() { [ -z "$(grep -L '^State:.T' "/proc/$1"/task/*/status 2>&1)" ]; }

# dump NAME PID: once it is stopped
dump() {
	for ((i = 0; i < 600; i++)); do
		is_stopped "$2" && break
		sleep 0.05
	done
	cat "/proc/$2/dump" >"$images/$1"
	kill -KILL "$2"
	wait "$2" 2>/dev/null || true
}

for mode in plain maps threads sleep; do
	"$programs/fuzz_target" $mode "$images" </dev/null &
	dump $mode $!
done
python3 "$programs/tree_image.py" "$images/tree"
for name in ${workloads:+counter timers sighandlers rseq fpu_threads map_growsdown}; do
	rm -f /tmp/ready
	CR_READY=/tmp/ready CR_RESULT=/tmp/result.$name CR_DIR=/tmp CR_PIDS=any CR_EXE=any \
		setsid "$workloads/$name" </dev/null >/dev/null 2>&1 &
	pid=$!
	for ((i = 0; i < 600; i++)); do
		[ -f /tmp/ready ] && break
		sleep 0.05
	done
	kill -STOP $pid
	dump "workloads/$name" $pid
done
exec "$programs/fuzz_exec" ${VERBOSE:+-v} "$seed" "$count" \
	"$images"/{maps,plain,sleep,threads,tree}
