#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# usage: privilege.sh MODULE.ko KERNEL [TEST...]
#
# Runs the tests of what an image and a dump file must not give with that
# module in a virtual machine with that kernel (see vm-tests/vm). KERNEL must be
# the one MODULE.ko was built for.
set -eu
here=$(cd "$(dirname "$(readlink -f "$0")")" && pwd)
module=$(readlink -f "$1") kernel=$2
shift 2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

cc -O1 -Wall -Wextra -Werror -pthread -static -no-pie -o "$work/server" "$here/server.c"
cp "$module" "$work/crtools.ko"
"$here/../../vm-tests/vm" run "$kernel" --time 300 --mem 2000 \
	--put "$work/crtools.ko" --put "$work/server" --put "$here:/put/tests" -- \
	"cp /put/tests/*.py /put; insmod /put/crtools.ko && cd /put && PYTHONDONTWRITEBYTECODE=1 python3 privilege.py /put $*"
