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

# Most of a probe's time goes into headers, the same ones again and again.
# Precompiled once they take a tenth of it, but then they have to come first: so
# what the flags include moves into one header, and theirs follow.
count=$#
while [ "$count" -gt 0 ]; do
	flag=$1
	shift
	count=$((count - 1))
	if [ "$flag" = -include ]; then
		case $1 in
		/*) echo "#include \"$1\"" ;;
		*) echo "#include \"$PWD/$1\"" ;;
		esac
		shift
		count=$((count - 1))
	else
		set -- "$@" "$flag"
	fi
done >"$tmp.h"
cp "$tmp.h" "$tmp.all.h"
sed -n 's/^#include <\(.*\)>$/\1/p' "$probes"/*.c | sort -u | while read -r header; do
	printf '#if __has_include(<%s>)\n#include <%s>\n#endif\n' "$header" "$header"
done >>"$tmp.all.h"
# If not all of this kernel's headers can be had together, the probes take longer.
if "$@" -w -x c-header "$tmp.all.h" -o "$tmp.all.h.gch" 2>"$tmp.log"; then
	headers=$tmp.all.h
else
	headers=$tmp.h
fi

for probe in "$probes"/*.c; do
	variants=$(sed -n 's,^// variants: ,,p' "$probe")
	found=
	for variant in $variants; do
		if "$@" -include "$headers" "-D$variant" -fsyntax-only -Werror \
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
rm -f "$tmp".*
