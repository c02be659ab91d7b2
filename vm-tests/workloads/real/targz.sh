#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# A folder packed by tar into gzip, with the shell that waits for both.
#   targz.sh make FOLDER [MIB]       deterministic files which compress to about half
#   targz.sh run FOLDER ARCHIVE      reports PASS or FAIL in CR_RESULT (else stdout) at its end,
#                                    which is not before there is the file CR_FINISH, if that is set
#   targz.sh check FOLDER ARCHIVE    ARCHIVE is what an undisturbed run makes
set -u

usage() {
	sed -n 's/^#   //p' "$0" >&2
	exit 2
}

publish() {
	local path=$1
	[ -d "$path" ] && path=$path/$$
	printf '%s\n' "$2" >"$path.tmp" && mv -f -- "$path.tmp" "$path"
}

# One block of words made by a generator, cut at many places.
generate() {
	local dir=$1 mib=$2 block i
	mkdir -p "$dir" && block=$(mktemp) || exit 1
	LC_ALL=C awk 'BEGIN {
		for (s = 12345; n < 1048576; n += 9) {
			s = (s * 1103515245 + 12345) % 2147483648
			printf "%08x%s", s, (s % 11 ? " " : "\n")
		}
	}' >"$block"
	for ((i = 0; i < 4 * mib; i++)); do
		{
			echo "file $i"
			tail -c +$((1 + i * 7919 % 700000)) "$block" | head -c 262144
		} >"$dir/file-$i"
		touch -d @$((1000000000 + i)) "$dir/file-$i"
	done
	touch -d @1000000000 "$dir"
	rm -f "$block"
}

run() {
	local folder=$1 archive=$2 result="PASS"
	if [ -n "${CR_READY:-}" ]; then publish "$CR_READY" $$; else echo ready; fi
	tar -C "$folder" --sort=name -c . | gzip -9n >"$archive"
	local status="${PIPESTATUS[*]}"
	case $status in
	'0 0') ;;
	*) result="FAIL: tar and gzip ended with $status" ;;
	esac
	if [ -n "${CR_FINISH:-}" ]; then until [ -e "$CR_FINISH" ]; do sleep 0.1; done; fi
	if [ -n "${CR_RESULT:-}" ]; then publish "$CR_RESULT" "$result"; else echo "$result"; fi
	[ "$result" = PASS ]
}

check() {
	tar -C "$1" --sort=name -c . | gzip -9n | cmp - "$2" || { echo "FAIL: the archive differs"; exit 1; }
	echo PASS
}

case ${1-} in
make) [ $# -ge 2 ] || usage; generate "$2" "${3:-16}" ;;
run) [ $# = 3 ] || usage; run "$2" "$3" ;;
check) [ $# = 3 ] || usage; check "$2" "$3" ;;
*) usage ;;
esac
