#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# usage: all.sh MODULE.ko KERNEL WORKLOADS-FOLDER [SECONDS [LOGS [TEST...]]]
#
# Runs the tests of this folder, or those that are named, with that module in
# a virtual machine with that kernel, the stress tests for SECONDS (default
# 30). Prints a line a test on stdout: "kmod/NAME", PASSED, FAILED or SKIPPED,
# milliseconds, separated by tabs; and "kmod/NAME/PART" of each part that was
# SKIPPED. What they said goes to NAME.log in the folder
# LOGS, that of the failed ones to stderr as well; the kernel's console goes to
# "console" there. The test images, which only runs when it is named, executes
# images of all workloads as KernelImageTest does. The test fuzz executes MUTATIONS (default 3000) damaged
# images, then fuzzes the parser on this machine for SECONDS. The test inject
# lets every allocation fail if EVERY is set, else ever fewer of the later ones.
# TIME (seconds) and MEM (MiB) in the environment are the machine's. The test
# races has one of its own, whose processors run at the same time, and old-cpu
# one whose processors lack FSGSBASE, so that the kernel keeps the bases of
# segments in another way.
set -eu
here=$(cd "$(dirname "$(readlink -f "$0")")" && pwd)
module=$(readlink -f "$1") kernel=$2 workloads=$(readlink -f "$3") seconds=${4:-30} logs=${5:-}
shift $(($# < 5 ? $# : 5))
tests=${*:-entries dump mounts load-unload races old-cpu inject exec fuzz privilege}
work=$(mktemp -d) blocker=
trap 'rm -rf "$work"' EXIT

# Those of other kernels may run at the same time.
programs=$here/../build/tests
mkdir -p "$programs"
flock "$programs" make -s -C "$here" OUT="$programs"
cp "$module" "$work/crtools.ko"
kdir=$("$here/../../vm-tests/vm" kdir "$kernel")
if [[ " $tests " = *" mounts "* ]] && grep -q '^CONFIG_FUNCTION_TRACER=y' "$kdir/include/config/auto.conf"; then
	blocker=$work/blocker
	cp -r "$here/blocker" "$work"
	make -s -C "$kdir" M="$blocker" W=1 KCFLAGS=-Werror modules >&2
fi

cat > "$work/guest.sh" <<'EOS'
export PYTHONDONTWRITEBYTECODE=1
cd /put
mkdir /tmp/result
# one NAME COMMAND...
one() {
	local name=$1 begin=${EPOCHREALTIME/./} outcome
	shift
	# One that failed may have left it there.
	[ ! -e /sys/module/crtools ] || rmmod crtools
	"$@" > /tmp/one.out 2>&1
	case $? in
	0) outcome=PASSED ;;
	77) outcome=SKIPPED ;;
	*)
		outcome=FAILED
		{ echo "kmod/$name:"; cat /tmp/one.out; } >&2
		;;
	esac
	cp /tmp/one.out "/tmp/result/$name.log"
	printf 'kmod/%s\t%s\t%d\n' "$name" "$outcome" \
		$(((${EPOCHREALTIME/./} - begin) / 1000)) >> /tmp/result/lines
	# What it left out.
	sed -nE "s|^SKIPPED ([^ :]+).*|kmod/$name/\1\tSKIPPED\t0|p" /tmp/one.out >> /tmp/result/lines
}
loaded() { insmod crtools.ko && "$@"; local code=$?; rmmod crtools && return $code; }
for name in $TESTS; do
	case $name in
	entries) one $name loaded ./entries ;;
	dump) one $name loaded python3 dump_guest.py /put ;;
	mounts) one $name bash mounts.sh /put/crtools.ko ${BLOCKER:+/put/blocker.ko} ;;
	load-unload) one $name bash load-unload.sh /put/crtools.ko /put/churn /put/workloads "$SECONDS_EACH" ;;
	races) one $name bash races.sh /put/crtools.ko /put/races "$SECONDS_EACH" ;;
	old-cpu) one $name loaded bash -c '! grep -qw fsgsbase /proc/cpuinfo && python3 dump_guest.py /put registers many_threads' ;;
	inject) SHORT=$([ -n "$EVERY" ] || echo 1) one $name bash inject.sh /put/crtools.ko /put/inject /put/workloads ;;
	images) PART=workloads one $name bash exec.sh /put/crtools.ko /put/workloads ;;
	exec) PART=others one $name bash exec.sh /put/crtools.ko /put/workloads ;;
	fuzz) one $name loaded bash fuzz/guest.sh /put "$MUTATIONS" 1 /put/workloads ;;
	# To be the last: it sets ptrace_scope to 3.
	privilege) one $name loaded python3 privilege.py /put ;;
	*) one $name false ;;
	esac
done
EOS
code=0 puts=()
: >"$work/lines"
for program in "$programs"/*; do puts+=(--put "$program"); done
[ -z "$logs" ] || mkdir -p "$logs"
# machine CONSOLE TESTS [OPTION...]: one machine, with more options of `vm run`
machine() {
	local console=$1 these=$2 code=0
	shift 2
	rm -f "$work/result/lines"
	"$here/../../vm-tests/vm" run "$kernel" --time "${TIME:-1500}" --mem "${MEM:-3000}" "$@" \
		${logs:+--log "$logs/$console"} \
		--put "$work/crtools.ko" --put "$work/guest.sh" "${puts[@]}" \
		--put "$here:/put/tests" ${blocker:+--put "$blocker/blocker.ko"} --put "$workloads/build:/put/workloads" \
		--put "$workloads/workloads.list:/put/workloads/" --get /tmp/result:"$work" \
		--get /tmp/images:"$work" -- \
		"cp -npr /put/tests/* /put/; mkdir -p /tmp/images; EVERY=${EVERY:-} MUTATIONS=${MUTATIONS:-3000} SECONDS_EACH=$seconds BLOCKER=$blocker TESTS='$these' bash /put/guest.sh" >&2 || code=$?
	if [ ! -s "$work/result/lines" ] || [ $code -ne 0 ]; then
		printf 'kmod/machine\tFAILED\t0\n' >>"$work/lines"
	fi
	cat "$work/result/lines" >>"$work/lines" || code=1
	return $code
}
others=$(printf ' %s ' $tests | sed 's/ races / /;s/ old-cpu / /')
[ -z "${others// /}" ] || machine console "$others" || code=1
if [[ " $tests " = *" races "* ]]; then machine console-races races --parallel || code=1; fi
if [[ " $tests " = *" old-cpu "* ]]; then machine console-old-cpu old-cpu --cpu fsgsbase=off || code=1; fi
# The image parser on this machine, from the images that were made there.
if [ -d "$work/images/workloads" ]; then
	begin=${EPOCHREALTIME/./} outcome=PASSED
	if ! "$here/fuzz/parse.sh" "$seconds" "$work/images" >"$work/result/fuzz-parser.log" 2>&1; then
		outcome=FAILED
		cat "$work/result/fuzz-parser.log" >&2
	fi
	printf 'kmod/fuzz-parser\t%s\t%d\n' $outcome \
		$(((${EPOCHREALTIME/./} - begin) / 1000)) >>"$work/lines"
fi
[ -z "$logs" ] || cp "$work"/result/*.log "$logs" || :
cat "$work/lines"
[ $code -eq 0 ] && ! grep -q FAILED "$work/lines"
