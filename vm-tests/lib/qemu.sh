# SPDX-License-Identifier: Apache-2.0
# QEMU 11 with all its libraries, unpacked into the cache: the host's libc and packages do not matter
# and nothing is installed. QEMU 7.2 of Debian 12 itself miscomputes cmpxchg16b for 6.12 guests; with 10.0 a virtual
# processor now and then got no interrupt any more (once in some fifty machines), so that its timers stood still.

QEMU_SUITE=trixie-backports

qemu_setup() {
	local dir tmp l
	dir=$(qemu_dir)
	[ -x "$dir/qemu" ] && return
	apt_setup "$(base_suite $QEMU_SUITE)"
	say "unpacking QEMU"
	tmp=$(fresh_dir "$dir")
	apt_closure $QEMU_SUITE qemu-system-x86 | apt_extract "$(base_suite $QEMU_SUITE)" "$tmp" || exit
	cat >"$tmp/qemu" <<-'EOF'
	#!/bin/sh
	d=$(dirname "$0")
	l=$d/lib/x86_64-linux-gnu:$d/usr/lib/x86_64-linux-gnu
	for s in "$d"/usr/lib/x86_64-linux-gnu/*/; do l=$l:${s%/}; done
	exec "$d/lib64/ld-linux-x86-64.so.2" --library-path "$l" "$d/usr/bin/qemu-system-x86_64" \
		-L "$d/usr/share/qemu" -L "$d/usr/share/seabios" "$@"
	EOF
	chmod +x "$tmp/qemu"
	# Since trixie all is below usr.
	mkdir -p "$tmp/lib64"
	for l in lib usr/lib; do
		l=$l/x86_64-linux-gnu/ld-linux-x86-64.so.2
		if [ -e "$tmp/$l" ] && [ ! -e "$tmp/lib64/${l##*/}" ]; then ln -sf "../$l" "$tmp/lib64/"; fi
	done
	"$tmp/qemu" --version >/dev/null || die "QEMU does not start"
	mv -T "$tmp" "$dir" || exit
}
