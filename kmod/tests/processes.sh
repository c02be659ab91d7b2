# SPDX-License-Identifier: Apache-2.0
# For tests that dump workloads and execute their images: starting, waiting, the
# end. To be sourced; takes the trap of EXIT.

# Nobody writes here: a wait for it is a pause that costs no process. What waits
# is to leave the processor to what it waits for.
nobody=$(mktemp -u)
mkfifo "$nobody"
trap 'rm -f "$nobody"' EXIT

# count_log [PATTERN]: the lines of the kernel's log, but for those, and what is said of a slow machine
count_log() {
	dmesg | grep -Evc "hrtimer: interrupt took|perf: interrupt took|clocksource:|RT throttling|hogged CPU${1:+|$1}"
}

# wait_for SECONDS COMMAND...
wait_for() {
	local end=$((SECONDS + $1))
	shift
	until "$@"; do
		((SECONDS <= end)) || return 1
		read -r -t 0.02 <>"$nobody" || :
	done
}

# Whether all threads of $1 are in state $2, a letter of proc(5).
is_state() {
	local stat line
	for stat in /proc/"$1"/task/*/stat; do
		line=
		{ read -r -d '' line <"$stat"; } 2>/dev/null
		[[ ${line##*) } == "$2 "* ]] || return 1
	done
}

is_file() { [ -e "$1" ]; }
is_ready() { is_file "$2" || is_gone "$1"; }
is_gone() { [ ! -e "/proc/$1" ] || is_state "$1" Z; }

# A restored process has its name and no descriptor of ours; or is gone.
is_back() {
	local comm=
	{ read -r comm <"/proc/$1/comm"; } 2>/dev/null
	[ "$comm" = "$2" ] &&
		! ls -l "/proc/$1/fd" 2>/dev/null | grep -q 'anon_inode:.crtools' ||
		is_gone "$1"
}

# dump PID IMAGE: stops the process, leaves it stopped
dump() {
	kill -STOP "$1"
	wait_for 60 is_state "$1" T || { echo "does not stop"; return 1; }
	cat "/proc/$1/dump" >"$2" || { echo "dump failed"; return 1; }
	chmod 700 "$2"
}

# start DIR PROGRAM ARGS...: sets pid
start() {
	local dir=$1
	shift
	rm -f "$dir/ready"
	env CR_READY="$dir/ready" CR_RESULT="$dir/result" CR_DIR="$dir" \
		CR_PIDS=any CR_EXE=any setsid "$@" </dev/null >"$dir/out" 2>&1 &
	pid=$!
	wait_for 60 is_ready "$pid" "$dir/ready"
	is_file "$dir/ready" || { echo "never ready: $(cat "$dir/out" "$dir/result")"; return 1; }
}

# finish DIR PID: ends a workload, prints its result
finish() {
	kill -TERM "$2" 2>/dev/null
	wait_for 60 is_gone "$2" || { echo "does not end"; kill -KILL "$2"; }
	wait "$2" 2>/dev/null
	local status=$?
	if [ -f "$1/result" ]; then
		head -n1 "$1/result"
	else
		echo "no result, status $status: $(tail -n1 "$1/out")"
	fi
}
