#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# usage: dump.sh MODULE.ko KERNEL [TEST...]
#
# Runs the tests of /proc/PID/dump with that module in a virtual machine with
# that kernel (see vm-tests/vm). KERNEL must be the one MODULE.ko was built for.
set -eu
here=$(cd "$(dirname "$(readlink -f "$0")")" && pwd)
module=$(readlink -f "$1") kernel=$2
shift 2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

make -s -C "$here" OUT="$work"
cp "$module" "$work/crtools.ko"
"$here/../../vm-tests/vm" run "$kernel" --time 300 --mem 3000 \
	--put "$work/crtools.ko" --put "$work/dumpee" --put "$work/dumpee-static" \
	--put "$here:/put/tests" -- \
	"insmod /put/crtools.ko && cd /put && PYTHONDONTWRITEBYTECODE=1 python3 tests/dump_guest.py /put $*"
