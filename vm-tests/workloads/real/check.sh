#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The programs of this folder on this machine: undisturbed, stopped and continued
# in the middle they must be right; damaged, their checks must say so. Env: OUT,
# the folder with Counter.class.
set -u
out=$(realpath "${OUT:-../build}")
cd "$(dirname "$0")" || exit 2
tmp=$(mktemp -d) || exit 2
trap 'rm -rf "$tmp"' EXIT
bad=0

# told NAME WANTED TEXT: TEXT must begin with WANTED
told() {
	case $3 in
	"$2"*) printf 'ok   %-24s %s\n' "$1" "$3" ;;
	*) printf 'BAD  %-24s %s\n' "$1" "$3"; bad=$((bad + 1)) ;;
	esac
}

# What was started with setsid is one process group: stop and continue it a few times.
jolt() {
	local i
	for ((i = 0; i < 3; i++)); do
		sleep 0.2
		kill -STOP -- "-$1" 2>/dev/null
		sleep 0.1
		kill -CONT -- "-$1" 2>/dev/null
	done
}

setsid_run() {
	setsid "$@" >/dev/null 2>&1 &
}

./targz.sh make "$tmp/tar" 8
CR_READY=$tmp/ready CR_RESULT=$tmp/result setsid_run ./targz.sh run "$tmp/tar" "$tmp/tar.gz"
jolt $!
wait $!
told targz PASS "$(cat "$tmp/result")"
told targz.archive PASS "$(./targz.sh check "$tmp/tar" "$tmp/tar.gz")"
printf x >>"$tmp/tar.gz"
told targz.damage FAIL "$(./targz.sh check "$tmp/tar" "$tmp/tar.gz" 2>/dev/null)"
told targz.status FAIL "$(./targz.sh run "$tmp/none" "$tmp/tar.gz" 2>/dev/null | tail -n1)"

./project.sh make "$tmp/project"
setsid_run make -j2 -C "$tmp/project"
jolt $!
wait $!
told project PASS "$(./project.sh check "$tmp/project")"
sed -i 's/x = part3(x)/x = part3(x + 1)/' "$tmp/project/main.c"
make -s -C "$tmp/project"
told project.damage FAIL "$(./project.sh check "$tmp/project")"

./hashlog.py make "$tmp/hash"
CR_READY=$tmp/ready CR_RESULT=$tmp/result setsid_run ./hashlog.py run "$tmp/hash" "$tmp/log" 8
jolt $!
wait $!
told hashlog PASS "$(head -n1 "$tmp/result")"
told hashlog.log PASS "$(./hashlog.py check "$tmp/hash" "$tmp/log" 8)"
sed -i 5p "$tmp/log"
told hashlog.twice FAIL "$(./hashlog.py check "$tmp/hash" "$tmp/log" 8)"
sed -i 5,6d "$tmp/log"
told hashlog.lost FAIL "$(./hashlog.py check "$tmp/hash" "$tmp/log" 8)"
CR_DAMAGE=1 CR_READY=$tmp/ready CR_RESULT=$tmp/result ./hashlog.py run "$tmp/hash" "$tmp/log" 1
told hashlog.damage FAIL "$(head -n1 "$tmp/result")"

for damage in '' 1; do
	rm -f "$tmp/ready" "$tmp/result"
	CR_READY=$tmp/ready CR_RESULT=$tmp/result \
		setsid_run ${damage:+env CR_DAMAGE=1} java -cp "$out" Counter 4 100000 "$tmp/counts"
	pid=$!
	while [ ! -e "$tmp/ready" ] && kill -0 "$pid" 2>/dev/null; do
		sleep 0.1
	done
	jolt "$pid"
	kill -TERM "$pid"
	wait "$pid"
	told "Counter${damage:+.damage}" "$([ -z "$damage" ] && echo PASS || echo FAIL)" "$(head -n1 "$tmp/result")"
done
told Counter.counts PASS "$([ -s "$tmp/counts" ] && echo PASS)"
echo "$bad bad"
[ "$bad" = 0 ]
