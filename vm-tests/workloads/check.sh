#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Runs every program of workloads.list on this machine, with no checkpoint:
# plain and stopped-and-continued it must PASS, damaged it must FAIL.
# Arguments: ids to check (default all). Env: OUT, folder of the programs; JOBS,
# how many at once (default 6: most of the time they only wait).
set -u
cd "$(dirname "$0")" || exit 2
out=$(realpath "${OUT:-build}")
tmp=$(mktemp -d) || exit 2
trap 'rm -rf "$tmp"' EXIT
bad=0 count=0 skipped=

# Ends what is left of a run, and no process that got one of its numbers since.
end_left() {
	local binary=$1 pid exe
	shift
	for pid in "$@"; do
		exe=$(readlink "/proc/$pid/exe") || continue
		[ "$exe" = "$binary" ] || [[ $exe = */script ]] && kill -KILL "$pid"
	done
}

# The block devices that a workload looks for.
has_block() {
	local name
	for name in vda sda nvme0n1 loop0; do
		[ ! -b "/dev/$name" ] || return 0
	done
	return 1
}

# Whether this machine has what a run needs of the kernel, the processor and the devices.
is_here() {
	local need
	for need in ${1//,/ }; do
		case $need in
		linux-*) printf '%s\n' "${need#linux-}" "$(uname -r)" | sort -VC || return 1 ;;
		# Where the kernel does not show how it was built it has what most have.
		ioperm) ! zgrep -q '# CONFIG_X86_IOPL_IOPERM is not set' /proc/config.gz 2>/dev/null || return 1 ;;
		ospke) grep -qw ospke /proc/cpuinfo || return 1 ;;
		block) has_block || return 1 ;;
		kmsg) [ -c /dev/kmsg ] || return 1 ;;
		mapped) [ "$(stat -f -c %T "$tmp")" != overlayfs ] || return 1 ;;
		esac
	done
}

# Every process below $1, and $1.
tree() {
	local pid
	echo "$1"
	for pid in $(cat "/proc/$1/task/"*/children 2>/dev/null); do
		tree "$pid"
	done
}

# run MODE PROGRAM ARGS...: prints the first line of the result
run() {
	local mode=$1 dir pid i victims leader
	dir=$(mktemp -d "$tmp/run.XXXXXX")
	shift
	local -a env=(CR_READY="$dir/ready" CR_RESULT="$dir/result" CR_DIR="$dir")
	[ "$mode" = damage ] && env+=(CR_DAMAGE=1)
	if [ "$tty" = 1 ]; then
		script -qec "env ${env[*]} $*" /dev/null </dev/null >"$dir/out" 2>&1 &
	else
		env "${env[@]}" setsid "$@" </dev/null >"$dir/out" 2>&1 &
	fi
	pid=$!
	for ((i = 0; i < 600; i++)); do
		[ -e "$dir/ready" ] || [ -e "$dir/result" ] && break
		kill -0 "$pid" 2>/dev/null || break
		sleep 0.05
	done
	if [ -e "$dir/ready" ]; then
		leader=$(cat "$dir/ready")
		victims=$(tree "$leader")
		if [ "$mode" = stop ]; then
			# Several times, so that threads are caught in more than one place.
			for ((i = 0; i < 3; i++)); do
				kill -STOP $victims
				sleep 0.05
				kill -CONT $victims
				sleep 0.02
			done
		fi
		kill -TERM "$leader" 2>/dev/null
		for ((i = 0; i < 1200; i++)); do
			kill -0 "$leader" 2>/dev/null || break
			sleep 0.05
		done
	fi
	[ -e "$dir/result" ] && head -n1 "$dir/result" || echo "no result: $(tail -n1 "$dir/out")"
	rm -f "/dev/shm/crtools-workload-${leader:-0}"
	end_left "$1" "$pid" ${victims:-} 2>/dev/null
	wait "$pid" 2>/dev/null
	rm -rf "$dir"
}

# check_one NAME PROGRAM ARGS...: a line for each way
check_one() {
	local name=$1 mode result verdict
	shift
	for mode in plain stop damage; do
		result=$(run "$mode" "$@" 2>/dev/null)
		case $mode:$result in
		plain:PASS | stop:PASS | damage:FAIL*) verdict=ok ;;
		*) verdict=BAD ;;
		esac
		printf '%-4s %-28s %-7s %s\n' "$verdict" "$name" "$mode" "$result"
	done
}

declare -A seen
while read -r id program class variants needs expect seconds args <&3; do
	[[ $id = \#* || -z $id ]] && continue
	if [ $# -gt 0 ] && [[ " $* " != *" $id "* ]]; then
		continue
	fi
	seen[$id]=1
	tty=0
	[[ ,$needs, = *,tty,* ]] && tty=1
	if [[ ,$needs, = *,root,* && $(id -u) != 0 ]]; then
		skipped+=" $id(root)"
		continue
	fi
	if ! is_here "$needs"; then
		skipped+=" $id($needs)"
		continue
	fi
	variants=${variants//,/ }
	[ "$variants" = - ] && variants=
	for variant in '' $variants; do
		binary=$out/$program${variant:+.$variant}
		while [ "$(jobs -pr | wc -l)" -ge "${JOBS:-6}" ]; do
			wait -n
		done
		count=$((count + 1))
		check_one "$id${variant:+.$variant}" "$binary" $args >"$tmp/result.$count" &
	done
done 3<workloads.list
wait
for ((i = 1; i <= count; i++)); do
	cat "$tmp/result.$i"
	bad=$((bad + $(grep -c ^BAD "$tmp/result.$i")))
done
for id in "$@"; do
	[ -n "${seen[$id]:-}" ] || { echo "no such workload: $id" >&2; bad=$((bad + 1)); }
done
[ -n "$skipped" ] && echo "not run:$skipped"
echo "$count programs, three runs each, $bad bad"
[ "$bad" = 0 ]
