# SPDX-License-Identifier: Apache-2.0
# The guest's root file system: an ext4 image, made from Debian packages, never mounted on the host.

ROOTFS_SIZE=16G

rootfs_setup() {
	local base=$1 image tmp packages
	image=$(rootfs_image "$base")
	[ -s "$image" ] && return
	apt_setup "$base"
	say "building the root file system ($base)"
	mkdir -p "$(dirname "$image")"
	tmp=$(mktemp -d "${TMPDIR:-/tmp}/crtools-rootfs.XXXXXX")
	# A package that this suite lacks is left out only if it is a peer, not a tool of the tests.
	packages=$(list_lines "$HERE/guest-packages.list" | while read -r p; do
		if [ "$p" = criu ] && ! apt_for "$base" apt-cache show criu >/dev/null 2>&1; then continue; fi
		echo "$p"
	done | paste -sd,)
	mmdebstrap --quiet --variant=minbase --include="$packages" \
		--aptopt='APT::Install-Recommends "false"' \
		--aptopt='Acquire::Languages "none"' \
		--dpkgopt='path-exclude=/usr/share/doc/*' \
		--dpkgopt='path-exclude=/usr/share/locale/*' \
		--customize-hook="$HERE/guest/customize" \
		"$base" "$tmp/root.tar" "$CACHE/apt/$base/sources.list" || die "mmdebstrap failed"
	as_root sh -c 'mkdir "$1/root" && tar -C "$1/root" --numeric-owner -xf "$1/root.tar" --exclude="./dev/*" &&
		rm "$1/root.tar" && truncate -s '$ROOTFS_SIZE' "$1/image" &&
		mke2fs -q -t ext4 -O ^has_journal -m 0 -N 400000 -L root -d "$1/root" "$1/image" && rm -rf "$1/root"' \
		sh "$tmp" || die "cannot make the image"
	cp --sparse=always "$tmp/image" "$image.new.$$" && mv "$image.new.$$" "$image"
	rm -rf "$tmp"
}

# as_root COMMAND...: as root, or as root of a user namespace that has the user's subordinate ids.
as_root() {
	if [ "$(id -u)" = 0 ]; then "$@"; else unshare --map-root-user --map-auto "$@"; fi
}
