# SPDX-License-Identifier: Apache-2.0
# One kernel in the cache: DIR/vmlinuz, modules/ (lib/modules of it), modules.ext4, initrd-modules/ (in
# load order), headers (DIR/kdir points to the build directory), release; tools points to the compiler if it is not
# the host's.

INITRD_MODULES="virtio_pci virtio_blk virtio_console ext4"

kernel_setup() {
	local name=$1 suite image headers dir tmp release base
	read -r _ suite image headers _ <<<"$(kernel_line "$name")"
	dir=$(kernel_dir "$name") || exit
	[ -e "$dir/ok" ] && return
	base=$(base_suite "$suite")
	apt_setup "$base"
	image=$(apt_newest "$base" "$image") && headers=$(apt_newest "$base" "$headers") || exit
	tmp=$(fresh_dir "$dir")
	apt_closure "$suite" "$image" "$headers" |
		grep -E '^linux-(base|image|binary|modules|headers|kbuild)-' >"$tmp/packages"
	say "unpacking kernel $name: $(awk '/^linux-(image|binary)-[0-9]/ { print $1, $2; exit }' "$tmp/packages")"
	apt_extract "$base" "$tmp/root" <"$tmp/packages" || exit

	# In /boot, since 7.2 beside the modules.
	[ -d "$tmp/root/lib" ] || ln -s usr/lib "$tmp/root/lib"
	release=$(cd "$tmp/root/lib/modules" && ls | head -n 1)
	[ -n "$release" ] || die "no kernel in the packages of $name"
	echo "$release" >"$tmp/release"
	kernel_file "$tmp/root" vmlinuz "$release" "$tmp/vmlinuz"
	kernel_file "$tmp/root" config "$release" "$tmp/config"
	kernel_modules "$tmp" "$release"
	kernel_headers "$tmp" "$release" "$dir"
	[ "$base" = "$HOST_SUITE" ] || kernel_tools "$tmp" "$suite" "$headers"
	touch "$tmp/ok"
	rm -rf "$dir"
	mv -T "$tmp" "$dir"
}

# kernel_file ROOT FILE RELEASE TO: moves a file of the kernel from where its package has it.
kernel_file() {
	mv "$1/boot/$2-$3" "$4" 2>/dev/null || mv "$1/lib/modules/$3/$2" "$4" || die "no $2 in the packages of $3"
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

# Another suite's compiler: let the headers use it, and their own programs its libraries.
kernel_tools() {
	local tmp=$1 suite=$2 headers=$3 tools
	tools=$(tools_setup "$suite" "$headers") || exit
	ln -s "../../tools/$(basename "$tools")" "$tmp/tools"
	tools_wrap "$tmp/root/usr/lib" "$tmp/tools"
	cat >>"$(readlink -f "$tmp/kdir")/.kernelvariables" <<-'EOF'
	override CROSS_COMPILE := $(abspath $(dir $(lastword $(MAKEFILE_LIST)))/../../../../tools/usr/bin)/x86_64-linux-gnu-
	override PAHOLE := $(dir $(CROSS_COMPILE))pahole
	EOF
}
