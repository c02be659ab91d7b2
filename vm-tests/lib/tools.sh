# SPDX-License-Identifier: Apache-2.0
# Compilers of other Debian suites, unpacked into the cache: a kernel of another suite than the host's is built by the
# compiler that its headers ask for, with `make` called as for any other. No root, no chroot, nothing installed.
#
# Every program is put behind a script that starts it with the loader and the libraries of its own suite. The paths in
# the scripts are relative: the cache may be moved.

# The suite that `vm setup` and the container install their packages from; its compiler is the host's own.
HOST_SUITE=bookworm

# tools_setup SUITE HEADERS: prints the directory with what the headers package wants beside the kernel's own packages.
tools_setup() {
	local suite=$1 headers=$2 base dir tmp packages
	base=$(base_suite "$suite")
	packages=$(apt_closure "$suite" "$headers" | grep -v '^linux-')
	dir=$CACHE/tools/$base-$({ echo "$packages"; cat "$HERE/lib/tools.sh"; } | hash_of)
	if [ ! -d "$dir" ]; then
		say "unpacking the compiler of $base"
		tmp=$(fresh_dir "$dir")
		apt_extract "$base" "$tmp" <<<"$packages" || exit
		# Not for kernel modules: documentation, link-time optimisation, run-time checkers.
		rm -rf "$tmp/usr/share" "$tmp/var" "$tmp/etc"
		rm -f "$tmp"/usr/libexec/gcc/*/*/lto1 "$tmp"/usr/bin/*lto-dump* \
			"$tmp"/usr/lib/*/lib*san.so* "$tmp"/usr/lib/gcc/*/*/lib*san.a
		ln -s x86_64-linux-gnu-ld "$tmp/usr/bin/ld"	# as collect2 calls it
		tools_wrap "$tmp/usr" "$tmp"
		echo "int x;" | "$tmp"/usr/bin/*-linux-gnu-cpp-*[0-9] >/dev/null || die "the compiler of $base does not start"
		mv -T "$tmp" "$dir" || exit
	fi
	echo "$dir"
}

# tools_wrap DIR TOOLS: puts the programs below DIR behind scripts that find loader and libraries in TOOLS.
tools_wrap() {
	local dir=$1 tools=$2 file name up more
	# The program that stands before these picks the one for the target by its own path, which would be the loader's.
	find "$dir" -name '*.real-x86' -o -name '*.real-lsb-64' | while read -r file; do
		ln -sf "$(basename "$file")" "${file%.real-*}"
	done
	find "$dir" -type f -perm -u+x | while read -r file; do
		# Programs only: what has a loader, but is not the C library, which can be run too.
		case $file in *.so | *.so.*) continue ;; esac
		readelf -lW "$file" 2>/dev/null | grep -q ' INTERP ' || continue
		name=$(basename "$file") more=''
		up=$(realpath -s --relative-to="$(dirname "$file")" "$tools")
		# The compiler would look for the assembler in PATH, where the host's is.
		case $name in *-gcc-[0-9]*) more='-B "$d/" ' ;; esac
		mv "$file" "$file.elf"
		cat >"$file" <<-EOF
		#!/bin/sh
		d=\${0%/*}
		t=\$d/$up/usr
		exec "\$t/lib64/ld-linux-x86-64.so.2" --library-path "\$t/lib/x86_64-linux-gnu" --argv0 "\$0" "\$d/$name.elf" $more"\$@"
		EOF
		chmod +x "$file"
	done
}
