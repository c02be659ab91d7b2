# SPDX-License-Identifier: Apache-2.0
# `vm setup`: everything a machine needs, each piece made once and kept in the cache under a key of its inputs.

setup() {
	local name
	if [ "${1:-}" = --refresh ]; then REFRESH=1 && shift; fi
	# shellcheck disable=SC2046
	[ $# -gt 0 ] || set -- $(kernel_names)
	for name; do setup_kernel "$name" || exit; done
}

# setup_kernel NAME: what a machine with that kernel takes. A kernel's build lasts minutes and has a lock of its own.
setup_kernel() {
	local line
	line=$(kernel_line "$1") || exit
	with_lock setup setup_machine "$1" "$line" || exit
	! is_source "$line" || with_lock "kernel.$1" source_kernel_setup "$1" || exit
}

setup_machine() {
	host_packages
	guest_init_setup
	qemu_setup
	is_source "$2" || kernel_setup "$1"
	rootfs_setup "$(base_suite "$(cut -d' ' -f2 <<<"$2")")"
}

host_packages() {
	local missing
	missing=$(list_lines "$HERE/host-packages.list" | while read -r p; do
		[ "$(dpkg-query -W -f '${db:Status-Status}' "$p" 2>/dev/null)" = installed ] || echo "$p"
	done)
	[ -z "$missing" ] && return
	[ "$(id -u)" = 0 ] || die "these packages are missing; install them as root: "$missing
	say "installing" $missing
	export DEBIAN_FRONTEND=noninteractive
	apt-get -o DPkg::Lock::Timeout=300 -qq update >&2 || die "apt-get update failed"
	apt-get -o DPkg::Lock::Timeout=300 -o Dpkg::Use-Pty=0 -qq -y --no-install-recommends install $missing >&2 ||
		die "cannot install" $missing
}

guest_init_setup() {
	local file
	file=$(guest_init)
	[ -x "$file" ] && return
	mkdir -p "$(dirname "$file")"
	gcc -O2 -Wall -Wextra -Werror -static -o "$file.new" "$HERE/guest/init.c" && mv "$file.new" "$file" ||
		die "cannot build the guest's init"
}

checkpatch_dir() { printf '%s/checkpatch\n' "$CACHE"; }

# checkpatch.pl of the newest packaged kernel source; the headers packages do not have it.
checkpatch_setup() {
	local dir tmp
	dir=$(checkpatch_dir)
	[ -e "$dir/checkpatch.pl" ] && return
	say "fetching checkpatch"
	tmp=$(fresh_dir "$dir")
	apt_setup bookworm
	apt_closure bookworm-backports linux-source | grep '^linux-source-[0-9]' | apt_extract bookworm "$tmp/root" || exit
	tar -C "$tmp" -xf "$tmp"/root/usr/src/linux-source-*.tar.xz --wildcards --strip-components=2 \
		'*/scripts/checkpatch.pl' '*/scripts/spelling.txt' '*/scripts/const_structs.checkpatch' ||
		die "no checkpatch in the kernel source"
	rm -rf "$tmp/root"
	mv -T "$tmp" "$dir"
}
