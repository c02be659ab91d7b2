#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# usage: package.sh KDIR MODULE.ko
#
# Makes MODULE.ko for the kernel with that build folder as dkms does: from what
# `make dkms-source` installs and nothing else, by the commands of dkms.conf.
# Fails when that does not build, or lacks the text of a licence that a file of
# it names; or when the build does not stop at a probe (compat/README) that this
# kernel meets in no form, and name it.
set -eu
kmod=$(cd "$(dirname "$(readlink -f "$0")")/.." && pwd)
kernel_source_dir=$1 module=$(realpath "$2")	# dkms.conf wants the first
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
fail() { echo "package.sh: $*" >&2; exit 1; }

make -s -C "$kmod" dkms-source DESTDIR="$work"
cd "$work"/usr/src/crtools-*
for licence in $(grep -rhoE 'SPDX-License-Identifier: .*' . | grep -oE '(GPL|Apache)-[0-9.]+' | sort -u); do
	[ -s "LICENSES/$licence.txt" ] || fail "the text of the licence $licence is missing"
done
. ./dkms.conf
build=${MAKE[0]/#make/make -s -j2}
built=$BUILT_MODULE_LOCATION/$BUILT_MODULE_NAME.ko
$build
version=$(modinfo -F version "$built")
[ "$version" = "$PACKAGE_VERSION" ] || fail "the module says it is version $version"
cp "$built" "$module"

rm "$built"
cat >compat/probes/any.c <<'END'
// variants: CRT_ANY_NEW CRT_ANY_OLD
#error neither
END
! $build >"$work/log" 2>&1 || fail "the build went on with a probe that has no form"
[ ! -e "$built" ] && grep -q '^crtools: any has none of .*(CRT_ANY_NEW CRT_ANY_OLD)$' "$work/log" || {
	cat "$work/log" >&2
	fail "the build did not stop at the probe"
}
${CLEAN/#make/make -s}
[ ! -e "$BUILT_MODULE_LOCATION" ] || fail "not clean"
