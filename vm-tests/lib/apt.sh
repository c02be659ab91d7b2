# SPDX-License-Identifier: Apache-2.0
# A private apt configuration for any Debian suite: mirrors, proxies and keys are the machine's own,
# only the suite's name differs. The machine's own configuration is never touched.

# host_mirrors: "main URI" and "security URI" from the machine's own apt configuration.
host_mirrors() {
	apt-get indextargets --format '$(REPO_URI) $(RELEASE)' 'Created-By: Packages' | awk '
		$2 ~ /-security/ && !s { s = $1 }
		$2 !~ /-security/ && !m { m = $1 }
		END { if (m) print "main " m; print "security " (s ? s : m "-security") }'
}

# apt_setup BASE: makes the private configuration of a suite and fetches its package lists.
apt_setup() {
	local base=$1 dir=$CACHE/apt/$1 main security keyring=/usr/share/keyrings/debian-archive-keyring.gpg
	[ -s "$dir/ok" ] && [ -z "${REFRESH:-}" ] && return
	main=$(host_mirrors | awk '$1 == "main" { sub("/$", "", $2); print $2 }')
	security=$(host_mirrors | awk '$1 == "security" { sub("/$", "", $2); print $2 }')
	[ -n "$main" ] || die "no Debian mirror in this machine's apt configuration"
	mkdir -p "$dir/lists/partial" "$dir/cache/archives/partial" "$dir/parts"
	: >"$dir/status"
	cat >"$dir/sources.list" <<-EOF
	deb [signed-by=$keyring] $main $base main
	deb [signed-by=$keyring] $main $base-updates main
	deb [signed-by=$keyring] $main $base-backports main
	deb [signed-by=$keyring] $security $base-security main
	EOF
	# An empty status file: the closure of a package is then everything it needs.
	cat >"$dir/apt.conf" <<-EOF
	Dir::Etc::sourcelist "$dir/sources.list";
	Dir::Etc::sourceparts "/dev/null";
	Dir::Etc::preferences "/dev/null";
	Dir::Etc::preferencesparts "/dev/null";
	Dir::State::lists "$dir/lists";
	Dir::State::status "$dir/status";
	Dir::Cache "$dir/cache";
	APT::Architecture "amd64";
	APT::Install-Recommends "false";
	APT::Sandbox::User "";
	Acquire::Languages "none";
	Acquire::Retries "3";
	EOF
	say "fetching the package lists of $base"
	APT_CONFIG=$dir/apt.conf apt-get -qq update || die "cannot fetch the package lists of $base"
	echo done >"$dir/ok"
}

# apt_for BASE COMMAND...: an apt command under the private configuration.
apt_for() { local base=$1; shift; APT_CONFIG=$CACHE/apt/$base/apt.conf "$@"; }

# apt_newest BASE NAME: NAME, or if it has a "*" the newest of the packages it stands for.
apt_newest() {
	local base=$1 glob=$2 name
	case $glob in *\**) ;; *) echo "$glob"; return ;; esac
	name=$(apt_for "$base" apt-cache pkgnames "${glob%%\**}" |
		while read -r name; do [[ $name != $glob ]] || echo "$name"; done | sort -V | tail -n 1)
	[ -n "$name" ] || die "$base has no package $glob"
	echo "$name"
}

# apt_closure SUITE PACKAGE...: "name version" of the packages and of all they depend on.
apt_closure() {
	local suite=$1; shift
	apt_for "$(base_suite "$suite")" apt-get -qq -s -t "$suite" install "$@" |
		awk '$1 == "Inst" { v = $3; sub(/^\(/, "", v); print $2, v }'
}

# apt_extract BASE DIR: reads "name version" lines, unpacks those packages into DIR.
apt_extract() {
	local base=$1 dir=$2 deb specs debs=$CACHE/debs name version
	mkdir -p "$debs" "$dir"
	specs=()
	while read -r name version; do specs+=("$name=$version"); done
	[ ${#specs[@]} -gt 0 ] || die "no packages found in $base"
	debs=$(mktemp -d "$CACHE/debs/fetch.XXXXXX")
	(cd "$debs" && apt_for "$base" apt-get -qq download "${specs[@]}") || die "cannot download ${specs[*]}"
	for deb in "$debs"/*.deb; do dpkg-deb -x "$deb" "$dir" || die "cannot unpack $deb"; done
	rm -rf "$debs"
}
