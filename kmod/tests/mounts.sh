#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# usage: mounts.sh MODULE.ko BLOCKER.ko
#
# The entries in other mounts of proc: hidepid, pid namespaces, mounts that are
# older than the module; and loads that must be refused, leaving nothing. Run
# as root, in a virtual machine that has an ordinary user "user".
set -u
module=$1 blocker=${2:-}
failed=0

# check WHAT COMMAND...: the command must succeed
check() {
	"${@:2}" >/tmp/mounts.out 2>&1 && return
	echo "mounts.sh: $1" >&2
	cat /tmp/mounts.out >&2
	failed=1
}
as_user() {
	setpriv --reuid=user --regid=user --clear-groups "$@"
}
lists_entries() {
	[ "$(find "$1" -mindepth 1 -maxdepth 1 -name dump -o -mindepth 1 -maxdepth 1 -name mfd |
		wc -l)" = 2 ]
}

mkdir -p /tmp/old /tmp/hide
mount -t proc -o hidepid=0 proc /tmp/old
ls -l /tmp/old/1/dump /proc/1/mfd >/dev/null 2>&1	# names that are not there yet
insmod "$module" || exit 1

check "an older mount has them" lists_entries /tmp/old/1
check "/proc has them" lists_entries /proc/1
check "threads have them" lists_entries /proc/1/task/1
check "another pid namespace has them" unshare --pid --fork --mount-proc \
	ls -lL /proc/1/mfd/ /proc/1/dump
check "so does a user namespace, for an ordinary user" as_user \
	unshare --user --map-root-user --pid --fork --mount-proc \
	ls -lL /proc/1/mfd/ /proc/1/dump

mount -t proc -o hidepid=2 proc /tmp/hide
check "hidepid=2, own process" as_user ls /tmp/hide/self/mfd /tmp/hide/self/dump
check "hidepid=2, root's process" as_user \
	bash -c '[ ! -e /tmp/hide/1/dump ] && [ ! -e /tmp/hide/1/mfd ] && ! ls /tmp/hide/1'
check "hidepid=2, as root" lists_entries /tmp/hide/1
check "unload" rmmod "$(basename "$module" .ko)"
for gone in /proc/1 /tmp/old/1 /tmp/hide/1 /proc/1/task/1; do
	check "$gone/dump is gone" test ! -e $gone/dump
	check "$gone/mfd is gone" test ! -e $gone/mfd
done

# Lines about a slow host are none of ours.
lines="dmesg | grep -Ev 'hrtimer: interrupt took|perf: interrupt took|clocksource:|RT throttling|hogged CPU'"
# Probes that cannot be set, or are never hit: it must not stay loaded.
refused() {
	check "refuses to load: $1" bash -c "! insmod $module"
	check "says why: $1" bash -c "$lines | grep 'crtools: not loaded: $2'"
	check "and no more" bash -c "[ \$($lines | wc -l) = 1 ]"
	dmesg -C
}
mountpoint -q /sys/kernel/debug || mount -t debugfs debugfs /sys/kernel/debug
if [ ! -e /sys/kernel/debug/kprobes/enabled ]; then
	echo "a kernel without probes: none can fail"
	[ $failed = 0 ] && echo "mounts: ok"
	exit $failed
fi
dmesg -C
echo 0 >/proc/sys/kernel/ftrace_enabled
refused "ftrace is off" ".*ftrace_enabled"
echo 1 >/proc/sys/kernel/ftrace_enabled
echo 0 >/sys/kernel/debug/kprobes/enabled
dmesg -C
refused "probes are off" ".*did not appear"
echo 1 >/sys/kernel/debug/kprobes/enabled
check "takes the place of a probe" insmod "$blocker"
dmesg -C
refused "a probe cannot be armed" "cannot probe fs/proc"
check "the place is free again" rmmod blocker
check "leaves nothing" bash -c '[ ! -e /proc/1/dump ] && ! grep -q ^crtools /proc/modules'
check "loads afterwards" insmod "$module"
check "and works" lists_entries /proc/1
check "and unloads" rmmod "$(basename "$module" .ko)"
[ $failed = 0 ] && echo "mounts: ok"
exit $failed
