#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# usage: probe.sh CONFIG_H PROBES_FOLDER COMPILER FLAGS...
#
# Compiles each probe once per variant it lists, until one compiles, and
# defines the name of that variant in CONFIG_H. No variant: says which
# interface this kernel does differently and fails.
set -eu

out=$1 probes=$2
shift 2
tmp=$out.tmp
mkdir -p "$(dirname "$out")"
echo "/* Written by probe.sh from compat/probes/. */" >"$tmp"

for probe in "$probes"/*.c; do
	variants=$(sed -n 's,^// variants: ,,p' "$probe")
	found=
	for variant in $variants; do
		if "$@" "-D$variant" -fsyntax-only -Werror \
				-Wno-error=missing-prototypes -Wno-missing-prototypes \
				-Wno-missing-declarations -Wno-unused \
				"$probe" >"$tmp.$variant" 2>&1; then
			found=$variant
			rm -f "$tmp.$variant"
			break
		fi
	done
	if [ -z "$found" ]; then
		echo "crtools: $(basename "$probe" .c) has none of the known" \
			"forms on this kernel ($variants)" >&2
		for variant in $variants; do
			echo "--- as $variant:" >&2
			cat "$tmp.$variant" >&2
		done
		rm -f "$tmp" "$tmp".*
		exit 1
	fi
	for variant in $variants; do
		rm -f "$tmp.$variant"
	done
	echo "#define $found 1" >>"$tmp"
done
mv "$tmp" "$out"
