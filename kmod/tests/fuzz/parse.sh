#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# usage: parse.sh SECONDS IMAGES-FOLDER [libFuzzer's options...]
#
# Fuzzes the parser of the execve handler on this machine for SECONDS, from the
# images of that folder, and prints what it reached: lines and branches of
# image_*.c. Fails when a sanitizer or a check finds something; the input that
# did it is left in the current folder. COMPARE=1 tells the same of libFuzzer's
# own mutator, without what mutate.c knows of images.
set -eu
here=$(cd "$(dirname "$(readlink -f "$0")")" && pwd)
kmod=$here/../..
seconds=$1 images=$2
shift 2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
clang=$(command -v clang || command -v clang-14)
version=$("$clang" -dumpversion)
tool() { "$1-${version%%.*}" "${@:2}"; }

parser="$kmod/image_parse.c $kmod/image_check.c $kmod/image_program.c"
"$clang" -g -O1 -Wall -Wextra -Werror -fsanitize=fuzzer,address,undefined \
	-fno-sanitize=alignment -fno-sanitize-recover=undefined \
	-fprofile-instr-generate -fcoverage-mapping -DCRT_USER_SPACE -D__KERNEL__ \
	-I"$kmod/../image-format/include" -o "$work/fuzz_parse" "$here"/parse.c \
	"$here"/image.c "$here"/mutate.c "$here"/mutate_tables.c "$here"/mutate_threads.c \
	$parser -lz
export LLVM_PROFILE_FILE=$work/profile
mkdir "$work/seeds"
# Beside images there may be data of the processes.
find "$images" -type f ! -name data | while read -r image; do
	"$work/fuzz_parse" --seed "$image" "$work/seeds/$(basename "$image")"
done
[ -n "$(ls "$work/seeds")" ] || { echo "no image in $images" >&2; exit 1; }

# fuzz CORPUS OPTIONS...
fuzz() {
	local corpus=$1 code=0
	shift
	mkdir "$corpus"
	CRT_SEEDS=$work/seeds "$work/fuzz_parse" -max_total_time="$seconds" -max_len=131072 -timeout=10 \
		-rss_limit_mb=3000 -print_final_stats=1 -verbosity=1 "$@" "$corpus" \
		"$work/seeds" >"$work/log" 2>&1 || code=$?
	if [ $code -ne 0 ]; then
		tail -n 60 "$work/log" >&2
		return $code
	fi
	tool llvm-profdata merge -o "$work/merged" "$work/profile"
	tool llvm-cov report "$work/fuzz_parse" -instr-profile="$work/merged" $parser \
		>"$work/report"
	awk '/^Filename/ { for (i = 1; i <= NF; i++) if ($i == "Cover") col[++n] = i }
		/^TOTAL/ { printf "lines %s, branches %s", $10, $13 }' "$work/report"
	sed -n 's/^stat::number_of_executed_units: */, inputs /p' "$work/log" | tr -d '\n'
	echo ", corpus $(ls "$corpus" | wc -l)"
}
printf 'parser: '
fuzz "$work/corpus" "$@"
[ -z "${COMPARE:-}" ] || { printf 'parser, plain mutator: '; CRT_PLAIN_MUTATOR=1 fuzz "$work/plain" "$@"; }
[ -z "${KEEP_REPORT:-}" ] || cp "$work/report" "$KEEP_REPORT"
