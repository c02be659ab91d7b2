# SPDX-License-Identifier: Apache-2.0
# Shared by the parts of `vm`: paths, messages, the kernel list.

CACHE=${CRTOOLS_CACHE:-$HOME/.cache/crtools}

say() { printf 'vm: %s\n' "$*" >&2; }
die() { say "$*"; exit 125; }

# list_lines FILE: its lines without comments and blank lines.
list_lines() { sed -e 's/#.*//' -e '/^[[:space:]]*$/d' "$1"; }

# kernel_names [--all]: those that the whole run takes, or also those that are only for the asking.
kernel_names() { list_lines "$HERE/kernels.list" | awk -v all="${1:-}" 'all == "--all" || $5 != "asked" { print $1 }'; }

# kernel_line NAME: its line of the kernel list, blanks squeezed.
kernel_line() {
	local line
	line=$(list_lines "$HERE/kernels.list" | awk -v n="$1" '$1 == n { $1 = $1; print }')
	[ -n "$line" ] || die "unknown kernel '$1'; known: $(list_lines "$HERE/kernels.list" | awk '{ print $1 }' | paste -sd' ')"
	printf '%s\n' "$line"
}

hash_of() { sha256sum | cut -c1-16; }

# base_suite SUITE: bookworm-security -> bookworm
base_suite() { printf '%s\n' "${1%%-*}"; }

# kernel_dir NAME: where its files are in the cache, whether they are there yet or not.
kernel_dir() {
	local line key
	line=$(kernel_line "$1") || exit
	if is_source "$line"; then
		key=$(source_key "$line") || exit
	else
		key=$({ echo "$line"; cat "$HERE/lib/kernel.sh" "$HERE/lib/tools.sh"; } | hash_of)
	fi
	printf '%s/kernel/%s-%s\n' "$CACHE" "$1" "$key"
}

# is_source LINE: it is built from a packaged source.
is_source() { [[ $(cut -d' ' -f3 <<<"$1") == linux-source-* ]]; }

rootfs_image() {
	printf '%s/rootfs/%s-%s.ext4\n' "$CACHE" "$1" \
		"$({ list_lines "$HERE/guest-packages.list"; cat "$HERE/lib/rootfs.sh" "$HERE/guest/customize"; } | hash_of)"
}

qemu_dir() { printf '%s/qemu/%s\n' "$CACHE" "$(cat "$HERE/lib/qemu.sh" | hash_of)"; }

guest_init() { printf '%s/init/%s\n' "$CACHE" "$(cat "$HERE/guest/init.c" | hash_of)"; }

# with_lock NAME COMMAND...: nobody else under the same name at the same time.
with_lock() (
	mkdir -p "$CACHE"
	exec 8>"$CACHE/$1.lock"
	flock 8
	shift
	"$@"
)

# fresh_dir FINAL: a new empty directory beside FINAL, to be renamed onto it when complete.
fresh_dir() {
	local dir
	mkdir -p "$(dirname "$1")" && dir=$(mktemp -d "$1.new.XXXXXX") && chmod 755 "$dir" && echo "$dir"
}
