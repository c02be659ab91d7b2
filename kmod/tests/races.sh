#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# usage: races.sh MODULE.ko RACES [SECONDS]
#
# Runs RACES, which is races.c compiled, as the ordinary user "user", half of
# the time while the module is loaded and unloaded. Run as root, in a virtual
# machine. Passes when RACES does and nothing of it is left: no process, no
# reference to the module.
set -u
module=$1 races=$2 seconds=${3:-20}
folder=$(mktemp -d)
chown user "$folder"

# run [unloading]: the races once more, in the background; sets pid
run() {
	su -s /bin/bash user -c "exec $races $seconds $folder $*" &
	pid=$!
}

# nobody_left: else tells what they are doing, and ends them.
nobody_left() {
	local left
	left=$(pgrep -u user) || return 0
	echo "processes are left"
	for p in $left; do
		grep -E '^(Name|State|Pid|PPid|SigPnd|ShdPnd):' "/proc/$p/status"
		cat "/proc/$p/stack"
		kill -9 "$p"
	done
	return 1
}

insmod "$module" || exit 1
run
wait "$pid"
result=$?
[ "$(cat /sys/module/crtools/refcnt)" = 0 ] || { echo "the module is still in use"; result=1; }
nobody_left || result=1

run unloading
rounds=0
renice -n -19 $$ >/dev/null	# or the others leave no time for this loop
while [ -e "/proc/$pid" ] && ! grep -q "^State:.Z" "/proc/$pid/status"; do
	if rmmod crtools 2>/dev/null; then
		rounds=$((rounds + 1))
		insmod "$module" || { echo "insmod failed"; result=1; break; }
		# Mostly it is on its way in or out: half of the time it stays for a while.
		((RANDOM % 2)) || sleep "$((RANDOM % 5)).$((RANDOM % 10))"
	fi
done
wait "$pid" || result=1
nobody_left || result=1
echo "$rounds times unloaded meanwhile"
((rounds > 0)) || result=1
rmmod crtools || result=1
exit $result
