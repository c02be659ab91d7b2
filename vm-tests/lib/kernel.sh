# SPDX-License-Identifier: Apache-2.0
# One kernel in the cache: DIR/vmlinuz, modules/ (lib/modules of it), modules.ext4, initrd-modules/ (in
# load order), headers (DIR/kdir points to the build directory), release.

INITRD_MODULES="virtio_pci virtio_blk virtio_console ext4"

kernel_setup() {
	local name=$1 suite image headers dir tmp release base
	read -r _ suite image headers _ <<<"$(kernel_line "$name")"
	dir=$(kernel_dir "$name") || exit
	[ -e "$dir/ok" ] && return
	base=$(base_suite "$suite")
	apt_setup "$base"
	tmp=$(fresh_dir "$dir")
	apt_closure "$suite" "$image" "$headers" |
		grep -E '^linux-(image|binary|modules|headers|kbuild)-' >"$tmp/packages"
	say "unpacking kernel $name: $(awk '/^linux-(image|binary)-[0-9]/ { print $1, $2; exit }' "$tmp/packages")"
	apt_extract "$base" "$tmp/root" <"$tmp/packages" || exit

	release=$(cd "$tmp/root/boot" && ls vmlinuz-* | sed 's/^vmlinuz-//' | head -n 1)
	[ -n "$release" ] || die "no kernel in the packages of $name"
	echo "$release" >"$tmp/release"
	mv "$tmp/root/boot/vmlinuz-$release" "$tmp/vmlinuz"
	cp "$tmp/root/boot/config-$release" "$tmp/config"
	kernel_modules "$tmp" "$release"
	kernel_headers "$tmp" "$release" "$dir"
	touch "$tmp/ok"
	rm -rf "$dir"
	mv -T "$tmp" "$dir"
}

kernel_modules() {
	local tmp=$1 release=$2 root=$1/root m n=10 file
	[ -d "$root/lib" ] || ln -s usr/lib "$root/lib"
	rm -f "$root/lib/modules/$release/build" "$root/lib/modules/$release/source"
	depmod -b "$root" "$release" || die "depmod failed"
	mkdir "$tmp/initrd-modules"
	for m in $INITRD_MODULES; do
		modprobe -d "$root" -S "$release" --show-depends "$m" | while read -r how file _; do
			[ "$how" = insmod ] || continue
			echo "$file"
		done
	done | awk '!seen[$0]++' | while read -r file; do
		case $file in
		*.xz) xz -dc "$file" >"$tmp/initrd-modules/$n-$(basename "$file" .xz)" ;;
		*) cp "$file" "$tmp/initrd-modules/$n-$(basename "$file")" ;;
		esac
		n=$((n + 1))
	done
	mke2fs -q -t ext4 -O ^has_journal -m 0 -F -d "$root/lib/modules" "$tmp/modules.ext4" \
		"$(($(du -sm "$root/lib/modules" | cut -f1) * 5 / 4 + 32))M" || die "mke2fs failed"
	rm -rf "$root/lib/modules"
}

# The headers packages expect to stand under /usr; make them look where they are.
kernel_headers() {
	local tmp=$1 release=$2 final=$3 src=$1/root/usr/src
	sed -i "s|/usr/src/|$final/root/usr/src/|g" "$src/linux-headers-$release/Makefile"
	ln -s "root/usr/src/linux-headers-$release" "$tmp/kdir"
	[ -e "$src/linux-headers-$release/scripts/mod/modpost" ] || [ -L "$src/linux-headers-$release/scripts" ] ||
		die "the headers of $release have no build scripts"
}
