#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# usage: all.sh MODULE.ko KERNEL WORKLOADS-FOLDER [SECONDS]
#
# Runs every test of this folder with that module in a virtual machine with
# that kernel, the stress tests for SECONDS (default 30). Prints a line a test
# on stdout: "kmod/NAME", PASSED or FAILED, milliseconds, separated by tabs; the
# output of those that failed goes to stderr.
set -eu
here=$(cd "$(dirname "$(readlink -f "$0")")" && pwd)
module=$(readlink -f "$1") kernel=$2 workloads=$(readlink -f "$3") seconds=${4:-30}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

cc -g -O1 -Wall -Wextra -Werror -pthread -o "$work/dumpee" "$here/dumpee.c"
cc -g -O1 -Wall -Wextra -Werror -pthread -static -o "$work/dumpee-static" "$here/dumpee.c"
cc -O1 -Wall -Wextra -Werror -pthread -o "$work/churn" "$here/churn.c"
cc -O1 -Wall -Wextra -Werror -pthread -o "$work/entries" "$here/entries.c"
cp "$module" "$work/crtools.ko"

cat > "$work/guest.sh" <<'EOS'
export PYTHONDONTWRITEBYTECODE=1
cd /put
mkdir /tmp/result
# one NAME COMMAND...
one() {
	local name=$1 begin=${EPOCHREALTIME/./} outcome=PASSED
	shift
	if ! "$@" > /tmp/one.out 2>&1; then
		outcome=FAILED
		{ echo "kmod/$name:"; cat /tmp/one.out; } >&2
	fi
	printf 'kmod/%s\t%s\t%d\n' "$name" "$outcome" \
		$(((${EPOCHREALTIME/./} - begin) / 1000)) >> /tmp/result/lines
}
loaded() { insmod crtools.ko && "$@"; local code=$?; rmmod crtools && return $code; }
one entries loaded ./entries
one dump loaded python3 dump_guest.py /put
one mounts bash mounts.sh /put/crtools.ko
one load-unload bash load-unload.sh /put/crtools.ko /put/churn "$SECONDS_EACH"
SHORT=1 one exec bash exec.sh /put/crtools.ko /put/workloads
EOS
code=0
"$here/../../vm-tests/vm" run "$kernel" --time 1500 --mem 3000 \
	--put "$work/crtools.ko" --put "$work/dumpee" --put "$work/dumpee-static" \
	--put "$work/churn" --put "$work/entries" --put "$work/guest.sh" \
	--put "$here:/put/tests" --put "$workloads/build:/put/workloads" \
	--put "$workloads/workloads.list:/put/workloads/" --get /tmp/result:"$work" -- \
	"cp -np /put/tests/* /put/; SECONDS_EACH=$seconds bash /put/guest.sh" >&2 || code=$?
if [ ! -s "$work/result/lines" ] || [ $code -ne 0 ]; then
	printf 'kmod/machine\tFAILED\t0\n'
fi
cat "$work/result/lines"
[ $code -eq 0 ] && ! grep -q FAILED "$work/result/lines"
