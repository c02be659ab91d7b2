# SPDX-License-Identifier: Apache-2.0
# Kernels built here from a packaged source, for the lines of the kernel list whose image is a linux-source package.
# Instead of headers such a line names the parts it is made of, joined by "+":
#   NAME       the configuration fragment configs/NAME.config
#   A/FOLDER   a folder of this repository: its *.patch, in order, are applied to the source, its *.config are fragments.
#              An executable `prepare` there is called first, with the unpacked source as its argument; what it reads
#              beside that folder stands in the file `inputs`, a path of this repository a line.
# The configuration is the kernel's tinyconfig with the fragments on top, everything built in. The result looks in the
# cache like a packaged kernel; kdir has what building a module takes, and the patched files.

TOP=$(dirname "$HERE")

# source_parts LINE: the paths of the parts, a line each.
source_parts() {
	local part
	for part in $(cut -d' ' -f4 <<<"$1" | tr + ' '); do
		case $part in
		*/*) printf '%s/%s\n' "$TOP" "$part" ;;
		*) printf '%s/configs/%s.config\n' "$HERE" "$part" ;;
		esac
	done
}

# source_key LINE: a hash of everything the built kernel depends on.
source_key() { source_inputs "$1" | hash_of; }

source_inputs() {
	local part input
	cut -d' ' -f1-4 <<<"$1"
	declare -f source_prepare source_patch source_configure source_make source_install source_prune kernel_modules
	gcc -dumpfullversion
	source_parts "$1" | while read -r part; do
		[ -e "$part" ] || die "no such part of a kernel: $part"
		find "$part" -type f -print0 | sort -z | xargs -0 cat
		[ -f "$part/inputs" ] || continue
		list_lines "$part/inputs" | while read -r input; do
			find "$TOP/$input" -name build -prune -o -type f -print0 | sort -z | xargs -0 cat
		done
	done
}

# source_fragments LINE, source_patch_folders LINE: the parts of either kind.
source_fragments() {
	local part
	source_parts "$1" | while read -r part; do
		if [ -d "$part" ]; then find "$part" -maxdepth 1 -name '*.config' | sort; else echo "$part"; fi
	done
}

source_patch_folders() {
	local part
	source_parts "$1" | while read -r part; do [ ! -d "$part" ] || echo "$part"; done
}

# What no small configuration compiles; its Kconfig files are needed all the same.
SOURCE_LEFT_OUT=(drivers/gpu drivers/media drivers/net/ethernet drivers/net/wireless drivers/scsi drivers/clk
	drivers/usb drivers/pinctrl drivers/staging drivers/accel drivers/infiniband drivers/iio drivers/crypto sound)

# source_tree SUITE PACKAGE: the unpacked source in the cache, made if it is not there yet. Never write to it.
source_tree() {
	local suite=$1 package=$2 base dir tmp
	base=$(base_suite "$suite")
	dir=$CACHE/source/$package-$(declare -p SOURCE_LEFT_OUT | hash_of)
	if [ ! -e "$dir/ok" ]; then
		tmp=$(fresh_dir "$dir")
		say "fetching and unpacking $package"
		with_lock setup apt_setup "$base" || exit
		apt_closure "$suite" "$package" | grep "^$package " | apt_extract "$base" "$tmp/root" || exit
		mkdir "$tmp/tree"
		# shellcheck disable=SC2046
		nice tar -C "$tmp/tree" --strip-components=1 $(printf -- '--exclude=*/%s/*.[chS] ' "${SOURCE_LEFT_OUT[@]}") \
			--exclude='*/arch/arm*/boot' --exclude='*/tools/perf' \
			-xf "$tmp/root/usr/src/$package.tar.xz" || die "cannot unpack $package"
		rm -rf "$tmp/root"
		touch "$tmp/ok"
		rm -rf "$dir"
		mv -T "$tmp" "$dir" || exit
	fi
	echo "$dir/tree"
}

# source_kernel_setup NAME: builds it unless it is there. A build that was interrupted goes on where it was; what it
# depends on is in the directory's name.
source_kernel_setup() {
	local name=$1 line dir tmp begin=$SECONDS
	line=$(kernel_line "$name") || exit
	dir=$(kernel_dir "$name") || exit
	[ -e "$dir/ok" ] && return
	tmp=$dir.build
	# Interrupted builds of what is no more asked for.
	find "$CACHE/kernel" -mindepth 1 -maxdepth 1 -name "$name-????????????????.build" ! -path "$tmp" -exec rm -rf {} +
	if [ ! -e "$tmp/configured" ]; then
		rm -rf "$tmp"
		source_prepare "$line" "$tmp"
		touch "$tmp/configured"
	fi
	say "building kernel $name (minutes); its log: $tmp/log"
	source_make "$tmp" bzImage modules
	source_install "$tmp"
	rm -rf "$dir"
	mv -T "$tmp" "$dir" || exit
	say "kernel $name ($(cat "$dir/release")) built in $((SECONDS - begin)) s"
}

# source_prepare LINE TMP: the source, patched and configured.
source_prepare() {
	local line=$1 tmp=$2 suite package tree
	read -r _ suite package _ <<<"$line"
	tree=$(with_lock "source.$package" source_tree "$suite" "$package") || exit
	mkdir -p "$tmp"
	if [ -z "$(source_patch_folders "$line")" ]; then
		cp -al "$tree" "$tmp/build" # a build leaves the source's files alone
	else
		cp -a "$tree" "$tmp/build"
		source_patch "$line" "$tmp"
	fi
	source_configure "$line" "$tmp"
}

# source_install TMP: what was built takes the shape of a packaged kernel.
source_install() {
	local tmp=$1 release
	rm -f "$tmp/configured" # interrupted from here on, it begins anew
	release=$(cat "$tmp/build/include/config/kernel.release")
	echo "$release" >"$tmp/release"
	cp "$tmp/build/.config" "$tmp/config"
	cp "$tmp/build/arch/x86/boot/bzImage" "$tmp/vmlinuz"
	mkdir -p "$tmp/root/lib/modules/$release"
	source_make "$tmp" INSTALL_MOD_PATH="$tmp/root" modules_install
	kernel_modules "$tmp" "$release"
	source_prune "$tmp"
	rm -rf "$tmp/root"
	ln -s build "$tmp/kdir"
	touch "$tmp/ok"
}

# source_make TMP ARGUMENT...: LOCALVERSION= keeps a "+" off the release when the cache is in a git repository.
source_make() {
	local tmp=$1
	shift
	nice -n 10 make -s -j2 -C "$tmp/build" LOCALVERSION= "$@" >>"$tmp/log" 2>&1 </dev/null ||
		{ tail -n 40 "$tmp/log" >&2; die "make $* failed, see $tmp/log"; }
}

source_patch() {
	local line=$1 tmp=$2 folder patch
	: >"$tmp/patched"
	for folder in $(source_patch_folders "$line"); do
		if [ -x "$folder/prepare" ]; then
			"$folder/prepare" "$tmp/build" >>"$tmp/log" 2>&1 ||
				{ tail -n 40 "$tmp/log" >&2; die "$folder/prepare failed"; }
		fi
		for patch in "$folder"/*.patch; do
			[ -e "$patch" ] || continue
			patch -d "$tmp/build" -p1 -N -F0 --no-backup-if-mismatch <"$patch" >"$tmp/patch.out" ||
				{ cat "$tmp/patch.out" >&2; die "$patch does not apply"; }
			sed -n "s/^patching file //p" "$tmp/patch.out" >>"$tmp/patched"
		done
	done
	rm -f "$tmp/patch.out"
}

# The fragments on top of tinyconfig; a line that Kconfig does not take over as it stands is an error, because a debug
# kernel that lacks what it is for would report nothing.
source_configure() {
	local line=$1 tmp=$2 name missing
	name=${line%% *}
	source_make "$tmp" tinyconfig
	# shellcheck disable=SC2046
	(cd "$tmp/build" && cat $(source_fragments "$line") >"$tmp/wanted" &&
		echo "CONFIG_LOCALVERSION=\"-${name#*-}\"" >>"$tmp/wanted" && cat "$tmp/wanted" >>.config) || die "cannot configure"
	source_make "$tmp" olddefconfig
	missing=$(grep -E '^CONFIG_' "$tmp/wanted" | tac | awk -F= '!seen[$1]++' | while read -r option; do
		case $option in
		*=n) ! grep -q "^${option%=n}=" "$tmp/build/.config" || echo "$option" ;;
		*) grep -qxF -- "$option" "$tmp/build/.config" || echo "$option" ;;
		esac
	done)
	[ -z "$missing" ] || die "the configuration of $name does not take over:" $missing
	rm -f "$tmp/wanted"
}

# Leaves what building a module takes, the kernel with its symbols, and what patches made or changed.
source_prune() {
	local tmp=$1 build=$1/build
	[ ! -s "$tmp/patched" ] || tar -C "$build" -cf "$tmp/patched.tar" -T <(sort -u "$tmp/patched")
	cp -p "$build/tools/objtool/objtool" "$tmp/objtool"
	find "$build" -mindepth 1 -maxdepth 1 ! -name arch ! -name include ! -name scripts ! -name Makefile ! -name Kbuild \
		! -name .config ! -name Module.symvers ! -name System.map ! -name vmlinux -exec rm -rf {} +
	find "$build/arch" -mindepth 1 -maxdepth 1 ! -name x86 -exec rm -rf {} +
	find "$build" -type f \( -name '*.o' -o -name '*.a' -o -name '*.cmd' -o -name '*.[cS]' \) \
		! -path "$build/scripts/*" ! -path '*/include/*' -delete
	rm -rf "$build/arch/x86/boot"
	mkdir -p "$build/tools/objtool"
	mv "$tmp/objtool" "$build/tools/objtool/objtool"
	[ ! -s "$tmp/patched" ] || tar -C "$build" -xf "$tmp/patched.tar"
	rm -f "$tmp/patched.tar" "$tmp/patched"
}
