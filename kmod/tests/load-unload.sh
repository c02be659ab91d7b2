#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# usage: load-unload.sh MODULE.ko CHURN WORKLOADS-FOLDER [SECONDS]
#
# Loads and unloads the module in a loop while other processes walk through,
# open, hold and pin its entries in /proc, and one with some threads lives that
# the module has restored before. Run as root, in a virtual machine. CHURN is
# churn.c compiled, WORKLOADS-FOLDER has the workload. Passes when the module
# came and went at least five times, the restored process says that it is whole,
# and the kernel's log has no new line.
set -u
. "$(dirname "$(realpath "$0")")/processes.sh"
module=$1 churn=$2 workloads=$3 seconds=${4:-30}
name=$(basename "$module" .ko)

insmod "$module" && rmmod "$name" || exit 1	# the first load says it taints
# Log lines about a slow host are none of ours.
count_log() {
	dmesg | grep -vc 'hrtimer: interrupt took\|clocksource:'
}
before=$(count_log)

folder=$(mktemp -d)
start "$folder" "$workloads/threads" 3 || exit 1
insmod "$module" && dump "$pid" "$folder/img" || exit 1
kill -KILL "$pid"
wait "$pid" 2>/dev/null
# Its threads compute, and are to leave the processor to the others.
nice -n 19 "$folder/img" </dev/null >>"$folder/out" 2>&1 &
restored=$!
wait_for 60 is_back "$restored" threads || { echo "the restored process does not come back"; exit 1; }
rmmod "$name" || exit 1

jobs_=()
for mode in walk walk hold pin pin die map; do
	"$churn" "$mode" &
	jobs_+=($!)
done
# Groups of their own, as their commands are to end with them.
set -m
(while :; do ls -lR /proc/[0-9]*/task >/dev/null 2>&1; done) &
loops=(-$!)
(while :; do cat /proc/[0-9]*/dump >/dev/null 2>&1; done) &
loops+=(-$!)
set +m

renice -n -19 $$ >/dev/null	# or the others leave no time for this loop
rounds=0 busy=0 failed=
end=$((SECONDS + seconds))
# At least five rounds, however slow the machine.
while ((SECONDS < end || rounds < 5)); do
	((SECONDS < end + 120)) || { failed="only $rounds rounds"; break; }
	insmod "$module" || { failed="insmod failed"; break; }
	sleep "0.0$((RANDOM % 10))"
	# In use while someone holds a file open: try again, at once.
	until rmmod "$name" 2>/tmp/rmmod.err; do
		grep -q "in use\|temporarily unavailable" /tmp/rmmod.err || { failed=$(cat /tmp/rmmod.err); break 2; }
		busy=$((busy + 1))
		((SECONDS < end + 60)) || { failed="in use for good"; break 2; }
	done
	rounds=$((rounds + 1))
done
# What was hidden must be gone, while the holders still hold.
[ -e /proc/1/dump ] && failed=${failed:-"dump stayed after unloading"}
[ -e /proc/self/mfd ] && failed=${failed:-"mfd stayed after unloading"}
kill -- "${jobs_[@]}" "${loops[@]}"
result=$(finish "$folder" "$restored")
[ "$result" = PASS ] || failed=${failed:-"the restored process: $result"}
wait 2>/dev/null
# What has ended is no longer in /proc, and holds nothing.
for loop in "${loops[@]}"; do
	while kill -0 -- "$loop" 2>/dev/null; do
		((SECONDS < end + 180)) || { failed=${failed:-"a loop does not end"}; break; }
		sleep 0.1
	done
done

insmod "$module" && [ -e /proc/1/dump ] && rmmod "$name" ||
	failed=${failed:-"could not be loaded again at the end"}
if (($(count_log) != before)); then
	dmesg | tail -n 40
	failed=${failed:-"lines in the kernel's log"}
fi
echo "load-unload: ${failed:-ok} ($rounds rounds, $busy times in use)"
[ -z "$failed" ]
