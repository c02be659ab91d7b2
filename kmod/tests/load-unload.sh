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
# Each of its threads lets go of the module for itself.
is_unused() { [ "$(cat "/sys/module/$name/refcnt")" = 0 ]; }
wait_for 60 is_unused
rmmod "$name" || exit 1

# start_churn MODE...: starts these in groups of their own, as what they start is to end with them
start_churn() {
	local mode
	groups=()
	set -m
	for mode; do
		(
			renice -n 0 $BASHPID >/dev/null
			case $mode in
			list) while :; do ls -lR /proc/[0-9]*/task >/dev/null 2>&1; done ;;
			read) while :; do cat /proc/[0-9]*/dump >/dev/null 2>&1; done ;;
			*) exec "$churn" "$mode" ;;
			esac
		) &
		groups+=($!)
	done
	set +m
}

# What has ended is no longer in /proc, and holds nothing.
end_churn() {
	local group limit=$((SECONDS + 120))
	kill -- "${groups[@]/#/-}"
	wait "${groups[@]}" 2>/dev/null
	for group in "${groups[@]}"; do
		while kill -0 -- "-$group" 2>/dev/null; do
			((SECONDS < limit)) || { failed=${failed:-"a loop does not end"}; break; }
			sleep 0.1
		done
	done
}

# come_and_go SECONDS ROUNDS: at least so many rounds, however slow the machine
come_and_go() {
	local end=$((SECONDS + $1)) least=$((rounds + $2)) tries
	while ((SECONDS < end || rounds < least)); do
		((SECONDS < end + 600)) || { failed="only $rounds rounds"; return; }
		insmod "$module" || { failed="insmod failed"; return; }
		sleep "0.0$((RANDOM % 10))"
		# In use while someone holds a file open: try again, at once.
		tries=0
		until rmmod "$name" 2>/tmp/rmmod.err; do
			grep -q "in use\|temporarily unavailable" /tmp/rmmod.err || { failed=$(cat /tmp/rmmod.err); return; }
			busy=$((busy + 1))
			((++tries < 30)) && continue
			# Never a moment without one of them: then without them all.
			end_churn
			rmmod "$name" || { failed="in use, with nobody left"; return; }
			start_churn $modes
			quiet=$((quiet + 1))
			break
		done
		rounds=$((rounds + 1))
	done
	# What was hidden must be gone, while the holders still hold.
	[ ! -e /proc/1/dump ] || failed="dump stayed after unloading"
	[ ! -e /proc/self/mfd ] || failed="mfd stayed after unloading"
}

# Where a program takes so long, one of them all is always in a call of the module: each has its turn.
turns=("walk walk hold pin pin die map list read")
begin=${EPOCHREALTIME/./}
"$churn" 2>/dev/null
((${EPOCHREALTIME/./} - begin < 100000)) || turns=(walk hold pin die map list read)

# Or the others leave no time for this loop; they themselves are as urgent as the kernel's threads.
renice -n -19 $$ >/dev/null
rounds=0 busy=0 quiet=0 failed=
for modes in "${turns[@]}"; do
	start_churn $modes
	come_and_go $((seconds / ${#turns[@]})) $((5 / ${#turns[@]} + 1))
	end_churn
	[ -z "$failed" ] || break
done
result=$(finish "$folder" "$restored")
[ "$result" = PASS ] || failed=${failed:-"the restored process: $result"}

((quiet < rounds)) || failed=${failed:-"never unloaded while the others were at it"}
insmod "$module" && [ -e /proc/1/dump ] && rmmod "$name" ||
	failed=${failed:-"could not be loaded again at the end"}
if (($(count_log) != before)); then
	dmesg | tail -n 40
	failed=${failed:-"lines in the kernel's log"}
fi
echo "load-unload: ${failed:-ok} ($rounds rounds, $quiet of them without the others, $busy times in use)"
[ -z "$failed" ]
