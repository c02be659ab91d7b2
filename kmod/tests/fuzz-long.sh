#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# usage: fuzz-long.sh KERNEL...
#
# The long form of the fuzzers: on each kernel COUNT (100000) distinct mutations
# of images, executed by an ordinary user; then the parser on this machine for
# PARSER_SECONDS (600). SEED is the number of the day if not given. Writes
# docs/results-fuzz.md; a kernel that is not run keeps what it had. The modules
# are those of kmod/build. Status 1 when there was a report.
set -eu
here=$(cd "$(dirname "$(readlink -f "$0")")" && pwd)
root=$here/../..
count=${COUNT:-100000} seed=${SEED:-$(($(date +%s) / 86400))}
results=$here/../build/fuzz
mkdir -p "$results"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
make -s -C "$here/fuzz" OUT="$work"

failed=0
for kernel in "$@"; do
	code=0
	"$root/vm-tests/vm" run "$kernel" --time $((count / 8 + 600)) --mem 3000 \
		--put "$here/../build/$kernel/crtools.ko" --put "$work/fuzz_exec" \
		--put "$work/fuzz_target" --put "$here/tree_image.py" \
		--put "$here/fuzz/guest.sh" --put "$root/vm-tests/workloads/build:/put/workloads" \
		--get /tmp/images:"$work" -- \
		"insmod /put/crtools.ko && bash /put/guest.sh /put $count $seed /put/workloads &&
			rmmod crtools" >"$work/out" || code=$?
	cat "$work/out"
	if [ $code -ne 0 ]; then
		echo "$kernel: status $code" >&2
		failed=1
	fi
	{
		echo "$("$root/vm-tests/vm" release "$kernel"), $(date -u +%F), status of the machine $code"
		grep -v ' mutations, .* reports$' "$work/out"
	} >"$results/$kernel.txt"
done
if [ -n "${PARSER_SECONDS-600}" ] && [ -d "$work/images" ]; then
	"$here/fuzz/parse.sh" "${PARSER_SECONDS:-600}" "$work/images" >"$work/parser" || failed=1
	echo "$(cat "$work/parser"), ${PARSER_SECONDS:-600} s, $(date -u +%F)" | tee "$results/parser"
fi

row() {
	awk -v kernel="$1" '
		NR == 1 { split($0, head, ", ") }
		/^seed/ { seed = $2; distinct = $3; time = $(NF - 1); sub(":", "", seed) }
		/^refused/ { for (i = 2; i <= NF; i++) if ($i ~ /^[0-9]+,$/) refused += $i }
		/^executed/ { executed = $2 + 0 }
		/^longest/ { killed = $7; slow = $NF }
		/^reports/ { reports = $2 }
		END { printf "| %s | %s | %s | %d | %d | %d | %d | %d ms | %d s | %s |\n", kernel,
			head[2], seed, distinct, refused, executed, slow, killed, time,
			reports == "" ? "died" : reports }' "$results/$1.txt"
}
{
	cat <<-'END'
		<!-- SPDX-License-Identifier: Apache-2.0 -->
		# Hostile images: results of the fuzzers

		Made by `kmod/tests/fuzz-long.sh`. An ordinary user executes damaged images: their headers, notes,
		tables, threads, registers, xsave areas and restore programs; files that vanish, shrink or change
		meanwhile; a slow, failing or lying file system. Refused: execve answered a documented errno, and its
		caller went on. Executed: there was a new process, which ended by itself or was killed. Cut off:
		killed while execve was still at work, after a second. A report is anything else: another errno, a
		process that SIGKILL does not end, a line in the kernel's log, or a process, open file, module
		reference or memory that is not given back.

		| kernel | date | seed | distinct mutations | refused | executed | cut off | longest from SIGKILL to the end | time | reports |
		|---|---|---|---|---|---|---|---|---|---|
	END
	for file in "$results"/*.txt; do row "$(basename "$file" .txt)"; done
	if [ -f "$results/parser" ]; then
		printf '\nThe parser in user space, under AddressSanitizer and UndefinedBehaviorSanitizer, by libFuzzer:\n%s.\n' \
			"$(sed 's/^parser: //' "$results/parser")"
	fi
	for file in "$results"/*.txt; do
		printf '\n## %s\n```\n' "$(basename "$file" .txt)"
		cat "$file"
		echo '```'
	done
} >"$root/docs/results-fuzz.md"
exit $failed
