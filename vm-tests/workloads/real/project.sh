#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# A small C project, to be built with `make -j2`.
#   project.sh make FOLDER [FILES [FUNCTIONS]]   writes FILES sources of FUNCTIONS each; the program is not
#                                                linked before there is the file CR_FINISH, if that is set
#   project.sh check FOLDER                      the program is built and prints the known value
set -eu

usage() {
	sed -n 's/^#   //p' "$0" >&2
	exit 2
}

# The value goes through all functions, here as there; 32-bit arithmetic.
generate() {
	local dir=$1 files=$2 functions=$3 i j a b value=1
	mkdir -p "$dir"
	for ((i = 0; i < files; i++)); do
		{
			printf '#include "project.h"\n'
			for ((j = 0; j < functions; j++)); do
				a=$(((i * 7919 + j * 104729 + 3) | 1))
				b=$((i * 31 + j * 17 + 5))
				value=$(((value * a + b * 16 + 120) & 0xffffffff))
				# A loop that the compiler has work with: the sum over n of b + n.
				printf '\nstatic u32 f%d_%d(u32 x)\n{\n\tu32 table[16], y = 0;\n\n' $i $j
				printf '\tfor (u32 n = 0; n < 16; n++)\n\t\ttable[n] = %uu + n;\n' $b
				printf '\tfor (u32 n = 0; n < 16; n++)\n\t\ty += table[(n * 5 + x) %% 16];\n'
				printf '\treturn x * %uu + y;\n}\n' $a
			done
			printf '\nu32 part%d(u32 x)\n{\n' $i
			for ((j = 0; j < functions; j++)); do
				printf '\tx = f%d_%d(x);\n' $i $j
			done
			printf '\treturn x;\n}\n'
		} >"$dir/part$i.c"
	done
	{
		printf 'typedef unsigned int u32;\n'
		for ((i = 0; i < files; i++)); do
			printf 'u32 part%d(u32 x);\n' $i
		done
	} >"$dir/project.h"
	{
		printf '#include <stdio.h>\n#include "project.h"\n\nint main(void)\n{\n\tu32 x = 1;\n\n'
		for ((i = 0; i < files; i++)); do
			printf '\tx = part%d(x);\n' $i
		done
		printf '\tprintf("%%u\\n", x);\n\treturn 0;\n}\n'
	} >"$dir/main.c"
	printf '%u\n' "$value" >"$dir/expected"
	cat >"$dir/Makefile" <<'END'
CFLAGS = -O2
OBJECTS = $(patsubst %.c,%.o,$(wildcard *.c))
program: $(OBJECTS)
	@[ -z "$(CR_FINISH)" ] || until [ -e "$(CR_FINISH)" ]; do sleep 0.1; done
	$(CC) -o $@ $(OBJECTS)
%.o: %.c project.h
	$(CC) $(CFLAGS) -c -o $@ $<
END
}

check() {
	local value
	cd "$1"
	[ -x program ] || { echo "FAIL: no program"; exit 1; }
	value=$(./program) || { echo "FAIL: the program fails"; exit 1; }
	[ "$value" = "$(cat expected)" ] || { echo "FAIL: $value instead of $(cat expected)"; exit 1; }
	# Nothing was left undone, and nothing would be done twice.
	make -q || { echo "FAIL: make would build more"; exit 1; }
	echo PASS
}

[ $# -ge 2 ] || usage
case $1 in
make) generate "$2" "${3:-20}" "${4:-25}" ;;
check) check "$2" ;;
*) usage ;;
esac
