#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# usage: CRT_FOLDER=... sparse.sh FLAGS... FILE
#
# Runs sparse and fails on any finding in a file below CRT_FOLDER, where kernels
# since 6.13 build, so that its files have relative names. The kernel's own
# headers have some, which depend on what is included. Sparse 0.6.4 lacks
# __typeof_unqual__, which 7.0 and later use, and takes what their MODULE_INFO()
# declares for no constant; gcc refuses what really is none.
ours="^$CRT_FOLDER/"
[ "$PWD" != "$CRT_FOLDER" ] || ours="$ours|^[^/]"
found=$(sparse -D__typeof_unqual__=__typeof__ "$@" 2>&1) || { echo "$found" >&2; exit 1; }
! echo "$found" | grep -E "$ours" | grep -v ': error: bad constant expression$' >&2
