#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# usage: exec.sh MODULE.ko WORKLOADS-FOLDER [NAME...]
#
# Executes images of the workloads: dump by cat, kill -9, execute the file. As
# root, in a virtual machine; the workloads run as the ordinary user "user".
# WORKLOADS-FOLDER has the programs built and workloads.list. The other tests,
# left out when NAMEs are given, need python3, and the program of interrupted.c
# beside this script. PART=workloads leaves these tests out too; PART=others
# what KernelImageTest executes: the workloads of the class kernel, and of the
# others all variants but the first. Passes when every program passed and the
# kernel's log has no new line.
set -u

self=$(realpath "$0")

. "$(dirname "$self")/processes.sh"

is_said() { [ -s "$1" ]; }
is_resting() { [ -s "$2" ] || is_state "$1" S || is_gone "$1"; }
is_no_group() { ! kill -0 -- "$1" 2>/dev/null; }

# generations COUNT PROGRAM ARGS...: prints the result
generations() {
	local count=$1 dir pid name i
	shift
	dir=$(mktemp -d)
	start "$dir" "$@" || return
	name=$(cat "/proc/$pid/comm")
	for ((i = 0; i < count; i++)); do
		dump "$pid" "$dir/img" || return
		kill -KILL "$pid"
		wait "$pid" 2>/dev/null
		setsid "$dir/img" </dev/null >>"$dir/out" 2>&1 &
		pid=$!
		wait_for 30 is_back "$pid" "$name" || { echo "not back"; return; }
		rm -f "$dir/img"
	done
	finish "$dir" "$pid"
	rm -rf "$dir"
}

# twice PROGRAM ARGS...: one image executed at the same time, two results
twice() {
	local dir pid one two name
	dir=$(mktemp -d)
	mkdir "$dir/result"
	start "$dir" "$@" || return
	name=$(cat "/proc/$pid/comm")
	dump "$pid" "$dir/img" || return
	kill -KILL "$pid"
	wait "$pid" 2>/dev/null
	setsid "$dir/img" </dev/null >>"$dir/out" 2>&1 &
	one=$!
	setsid "$dir/img" </dev/null >>"$dir/out" 2>&1 &
	two=$!
	wait_for 30 is_back "$one" "$name"
	wait_for 30 is_back "$two" "$name"
	kill -TERM "$one" "$two"
	wait_for 60 is_gone "$one" && wait_for 60 is_gone "$two"
	wait 2>/dev/null
	echo "$(cat "$dir"/result/* 2>/dev/null | grep -c '^PASS') of 2 pass"
	rm -rf "$dir"
}

bad=0
# verdict NAME WANTED GOT
verdict() {
	if [[ $3 = $2 ]]; then
		printf 'ok   %-32s %s\n' "$1" "$3"
	else
		printf 'BAD  %-32s %s (wanted %s)\n' "$1" "$3" "$2"
		bad=$((bad + 1))
	fi
}

# A kernel that looks for its own faults takes ten times as long for everything.
slow=1
! grep -q ' kasan_report$' /proc/kallsyms || slow=10

# interrupted CALL HANDLER quiet|signal TOOL: an interrupted call after three seconds
# of six; away for two. With signal SIGUSR1 is pending in the image.
interrupted() {
	local call=$1 dir pid start ready frozen dumped run back limit
	dir=$(mktemp -d)
	mkfifo "$dir/fifo"
	exec 8<>"$dir/fifo"
	start=$(tenths)
	"$4" "$call" "$2" $((6 * slow)) "$dir/ready" "$dir/result" <&8 >/dev/null 2>&1 &
	pid=$!
	wait_for 30 is_file "$dir/ready" || { echo "never ready"; return; }
	ready=$(tenths)
	sleep $((3 * slow))
	kill -STOP "$pid"
	wait_for 60 is_state "$pid" T || { echo "does not stop"; return; }
	[ "$3" = signal ] && kill -USR1 "$pid"
	frozen=$(tenths)
	cat "/proc/$pid/dump" >"$dir/img" || return
	dumped=$(tenths)
	chmod 700 "$dir/img"
	kill -KILL "$pid"
	wait "$pid" 2>/dev/null
	sleep $((2 * slow))
	run=$(tenths)
	"$dir/img" <&8 &
	pid=$!
	wait_for 30 is_back "$pid" interrupted
	back=$(tenths)
	# What interrupts the call must find it there.
	[ "$call" = loop ] || wait_for 60 is_resting "$pid" "$dir/result"
	if [ ! -s "$dir/result" ]; then
		case $call:$3 in
		read:*) echo >&8 ;;
		pause:quiet | ppoll:quiet | poll_forever:quiet | sigsuspend:quiet | futex_forever:quiet | loop:quiet)
			kill -USR1 "$pid"
			;;
		esac
	fi
	# The one that is not to come back has less time to do so.
	[ "$call $2" != "futex_forever restart" ] || limit=$((5 * slow))
	wait_for ${limit:-$((60 * slow))} is_said "$dir/result"
	if [ -s "$dir/result" ]; then
		judge_time "$(cat "$dir/result")"
	else
		echo "still there"
		kill -KILL "$pid"
	fi
	wait "$pid" 2>/dev/null
	rm -rf "$dir"
}

tenths() { echo $((${EPOCHREALTIME/./} / 100000)); }

# The result with its time in words; what was left is told as of a call of six
# seconds, however slow the kernel. That may have lasted "its-own" six and the time
# away; one interrupted as it came back lasted "till-back"; one that waits for a
# moment ends then, or when it is back after it: "till-then". All moments are the
# caller's: each is known to lie between two of them. Waking up may take some more;
# sleeping anew would take half of the call more.
judge_time() {
	local took least most left call=$((60 * slow)) late=25 word=$1
	took=${1#*took=}
	took=${took%% *}
	left=${1#*left=}
	left=${left%% *}
	word=${word/ left=$left / left=$((left / slow)) }
	least=$((call + run - dumped - 1)) most=$((call + back - frozen + late))
	((took >= least && took <= most)) && word+=" time=its-own"
	least=$((run - ready - 1)) most=$((back - start + late))
	((took >= least && took <= most)) && word+=" time=till-back"
	((most < call + late)) && most=$((call + late))
	((took >= call && took <= most)) && word+=" time=till-then"
	echo "$word away=$((run - dumped))..$((back - frozen))"
}

# Every line: call, handler, quiet or signal, what is to come out.
interrupted_all() {
	local tool=$1 call handler when want i=0 out
	out=$(mktemp -d)
	while read -r call handler when want; do
		i=$((i + 1))
		interrupted "$call" "$handler" "$when" "$tool" >"$out/$i" 2>&1 &
		# More at once would be late for reasons of their own.
		((i % 9)) || wait
	done <<<"$interrupted_table"
	wait
	i=0
	while read -r call handler when want; do
		i=$((i + 1))
		verdict "$call, $handler handler, $when" "$want" "$(cat "$out/$i")"
	done <<<"$interrupted_table"
}

mask=mask=8000000 own='*time=its-own*' back='*time=till-back*' then='*time=till-then*'
interrupted_table="\
read plain quiet 1 - handled=0 *
read plain signal -1 EINTR handled=1 *
read restart signal 1 - handled=1 *
pause plain quiet -1 EINTR handled=1 *
pause restart signal -1 EINTR handled=1 *
nanosleep plain quiet 0 - handled=0 *$mask$own
nanosleep restart signal -1 EINTR handled=1 *left=@(?|[123]?) $mask$back
sleep_boottime plain quiet 0 - handled=0 $own
sleep_until plain quiet 0 - handled=0 $then
poll plain quiet 0 - handled=0 $own
poll restart signal -1 EINTR handled=1 $back
poll_forever plain quiet -1 EINTR handled=1 *
poll_forever restart signal -1 EINTR handled=1 *
select plain quiet 0 - handled=0 $own
select restart signal -1 EINTR handled=1 $back
ppoll plain quiet -1 EINTR handled=1 * $mask *
ppoll plain signal -1 EINTR handled=1 * $mask *
futex plain quiet -1 ETIMEDOUT handled=0 $own
futex_shared plain quiet -1 ETIMEDOUT handled=0 $own
futex restart signal -1 EINTR handled=1 $back
futex_forever plain signal -1 EINTR handled=1 *
futex_forever restart signal still there
sigsuspend plain quiet -1 EINTR handled=1 * $mask *
sigsuspend plain signal -1 EINTR handled=1 * $mask *
sigtimedwait plain quiet -1 EINTR handled=0 *
loop plain quiet 0 - handled=1 *
loop plain signal 0 - handled=1 *"

# What is refused, and what must not be gained. $1: folder of the workloads.
refusals() {
	local dir pid try name
	dir=$(mktemp -d)
	try="python3 $(dirname "$self")/try_exec.py"
	cp "$1/counter" "$1/mlock" "$dir"
	start "$dir" "$dir/counter" || return
	dump "$pid" "$dir/img"
	kill -KILL "$pid"
	wait "$pid" 2>/dev/null
	verdict "executed" "executed uid $UID gid $(id -g) caps none" "$($try "$dir/img")"

	for name in major=EPROTONOSUPPORT machine=ENOTSUP page_size=ENOTSUP \
		xfeatures=ENOTSUP vdso=ENOTSUP brk=EBADMSG fd=EBADF; do
		cp "$dir/img" "$dir/edited"
		python3 "$(dirname "$self")/edit_image.py" "$dir/edited" "${name%=*}"
		verdict "edited: ${name%=*}" "${name#*=}" "$($try "$dir/edited")"
	done
	head -c 3000 "$dir/img" >"$dir/edited"
	verdict "cut short" EBADMSG "$($try "$dir/edited")"
	verdict "cut short, from a shell" "*: Bad message" \
		"$(bash -c "$dir/edited" 2>&1 | tail -n1)"

	chmod 600 "$dir/img"
	verdict "no execute bit" EACCES "$($try "$dir/img")"
	chmod 100 "$dir/img"
	verdict "not readable" EACCES "$($try "$dir/img")"
	chmod 700 "$dir/img"

	mv "$dir/counter" "$dir/away"
	verdict "program missing" ENOENT "$($try "$dir/img")"
	cp "$dir/away" "$dir/counter" && echo >>"$dir/counter"
	verdict "program longer" ESTALE "$($try "$dir/img")"
	# Another build of the same size: another byte in the note NT_GNU_BUILD_ID.
	cp "$dir/away" "$dir/counter"
	python3 - "$dir/counter" <<-'END'
		import struct, sys
		program = bytearray(open(sys.argv[1], "rb").read())
		program[program.index(struct.pack("<III", 4, 20, 3) + b"GNU\0") + 16] ^= 1
		open(sys.argv[1], "wb").write(program)
	END
	verdict "another build of the program" ESTALE "$($try "$dir/img")"
	cp "$dir/away" "$dir/counter"
	verdict "the same build again" "executed *" "$($try "$dir/img")"
	rm "$dir/counter" && mkfifo "$dir/counter"
	verdict "program is a FIFO" ESTALE "$($try "$dir/img")"
	rm "$dir/counter" && cp "$dir/away" "$dir/counter"
	chmod 100 "$dir/counter"
	verdict "program not readable" EACCES "$($try "$dir/img")"
	chmod 755 "$dir/counter"

	verdict "limit of memory" "*Cannot allocate memory*" \
		"$(bash -c "ulimit -v 2000; exec $dir/img" 2>&1)"
	verdict "limit of descriptors" "*Too many open files*" \
		"$(bash -c "ulimit -n 3; exec $dir/img" 2>&1)"

	start "$dir" "$dir/mlock" || return
	dump "$pid" "$dir/locked"
	kill -KILL "$pid"
	wait "$pid" 2>/dev/null
	verdict "limit of locked memory" ENOMEM "$(ulimit -l 4; $try "$dir/locked")"

	# A larger offset than ext4 knows.
	dir=$(mktemp -d -p /var/tmp)
	cp "$1/counter" "$dir"
	start "$dir" "$dir/counter" || return
	dump "$pid" "$dir/img"
	kill -KILL "$pid"
	wait "$pid" 2>/dev/null
	python3 "$(dirname "$self")/edit_image.py" "$dir/img" offset
	verdict "edited: offset" EOVERFLOW "$($try "$dir/img")"
	rm -rf "$dir"
}

# The part of the ordinary user.
user_part() {
	local folder=$1
	shift
	cd "$(mktemp -d)" || exit 1
	while read -r id program class variants needs expect seconds args <&3; do
		[[ $id = \#* || -z $id || $expect != ok ]] && continue
		case $id in
		personality) ;;
		# These have a descriptor, or children.
		map_memfd | *_family) continue ;;
		*) [[ $class = kernel || $class = memory ]] || continue ;;
		esac
		[ $# -gt 0 ] && [[ " $* " != *" $id "* ]] && continue
		if [ "${PART-}" = others ]; then
			[[ $class = kernel ]] && continue
			variants=-
		fi
		variants=${variants//,/ }
		for variant in '' ${variants/-/}; do
			verdict "$id${variant:+.$variant}" PASS \
				"$(generations 1 "$folder/$program${variant:+.$variant}" $args)"
		done
	done 3<"$folder/workloads.list"
	[ $# -gt 0 ] || [ "${PART-}" = workloads ] && return
	interrupted_all "$(dirname "$self")/interrupted"
	refusals "$folder"
	python3 "$(dirname "$self")/tree_image.py" tree.img && chmod 700 tree.img
	verdict "tree image" "child done 7" "$(./tree.img | tr '\n' ' '; echo "${PIPESTATUS[0]}")"
	verdict "tree image, unknown option" "*unknown option*" "$(./tree.img --bogus 2>&1)"
	verdict "ten generations, counter" PASS "$(generations 10 "$folder/counter.static")"
	verdict "ten generations, threads" PASS "$(generations 10 "$folder/threads" 12)"
	verdict "twice at once, threads" "2 of 2 pass" "$(twice "$folder/threads" 4)"
	verdict "twice at once, regs" "2 of 2 pass" "$(twice "$folder/regs.static")"
}

# What needs root to be prepared.
root_part() {
	local dir pid try
	dir=$(mktemp -d)
	chmod 755 "$dir"
	try="python3 $(dirname "$self")/try_exec.py"
	start "$dir" "$1/counter" || return
	dump "$pid" "$dir/img"
	kill -KILL "$pid"
	wait "$pid" 2>/dev/null

	chmod 711 "$dir/img"
	verdict "root's, not readable" EACCES "$(as_user $try "$dir/img")"
	chmod 6755 "$dir/img"
	verdict "setuid image" "executed uid 1000 gid 1000 caps none" \
		"$(as_user $try "$dir/img")"
	chmod 755 "$dir/img"
	# Every capability, effective (struct vfs_cap_data, version 2).
	python3 - "$dir/img" <<-'END'
		import os, struct, sys
		os.setxattr(sys.argv[1], "security.capability", struct.pack(
		    "<5I", 0x02000001, 0xffffffff, 0, 0xff, 0))
	END
	verdict "image with capabilities" "executed uid 1000 gid 1000 caps none" \
		"$(as_user $try "$dir/img")"

	mkdir "$dir/mnt"
	mount -t tmpfs none "$dir/mnt"
	cp "$1/counter" "$dir/mnt"
	start "$dir" "$dir/mnt/counter" || return
	dump "$pid" "$dir/img2"
	kill -KILL "$pid"
	wait "$pid" 2>/dev/null
	cp "$dir/img2" "$dir/mnt"
	mount -o remount,noexec "$dir/mnt"
	verdict "image on a noexec mount" EACCES "$($try "$dir/mnt/img2")"
	verdict "program on a noexec mount" EPERM "$($try "$dir/img2")"
	umount "$dir/mnt"

	# As root the link exe is the program's, and the image can be replaced.
	"$dir/img" &
	pid=$!
	wait_for 30 is_back "$pid" counter
	verdict "exe of root's process" "$1/counter" "$(readlink "/proc/$pid/exe")"
	verdict "image can be written" "" "$(echo x 2>&1 >>"$dir/img")"
	(ulimit -c unlimited
	echo "$dir/core" >/proc/sys/kernel/core_pattern
	"$dir/img" &
	wait_for 30 is_back $! counter
	kill -SEGV $!
	wait $!) 2>/dev/null
	verdict "ordinary core dump" ELF "$(head -c4 "$dir/core" | tail -c3)"
	rmmod crtools
	verdict "unloaded below a process" 0 "$?"
	verdict "which goes on" PASS "$(finish "$dir" "$pid")"
	insmod "$module"

	load_unload "$dir/img"
}

# Loads and unloads the module while images are executed and end.
load_unload() {
	local runners=() rounds=0 tries i failed= pause
	pause=$(mktemp -u)
	# Groups of their own, as what they execute is to end with them.
	set -m
	for i in 1 2 3; do
		(while :; do
			[ ! -e "$pause" ] || { sleep 0.1; continue; }
			timeout --foreground -s KILL 0.3 "$1" >/dev/null 2>&1
		done) 2>/dev/null &
		runners+=(-$!)
	done
	set +m
	renice -n -19 $$ >/dev/null	# or the others leave no time for this loop
	while ((rounds < 10)) && [ -z "$failed" ]; do
		tries=0 SECONDS=0
		until rmmod crtools 2>/dev/null; do
			# On a slow machine one of them is always on its way in.
			((++tries < 100)) || touch "$pause"
			((SECONDS < 120)) || { failed="in use for good"; break; }
		done
		rm -f "$pause"
		[ -z "$failed" ] || break
		insmod "$module" || failed="insmod failed"
		rounds=$((rounds + 1))
	done
	kill -KILL -- "${runners[@]}"
	wait "${runners[@]#-}" 2>/dev/null
	for i in "${runners[@]}"; do
		wait_for 60 is_no_group "$i"
	done
	verdict "loaded and unloaded meanwhile" ok "${failed:-ok}"
}

if [ "$1" = --user ]; then
	shift
	user_part "$@"
	exit $((bad != 0))
fi

module=$1 folder=$(realpath "$2")
shift 2
insmod "$module" || exit 1
# A user asks for more memory than there is.
before=$(count_log __vm_enough_memory:)
as_user() { su -s /bin/bash user -c "$(printf '%q ' "$@")"; }

as_user env PART="${PART-}" "$self" --user "$folder" "$@" || bad=1
[ $# -gt 0 ] || [ "${PART-}" = workloads ] || root_part "$folder"
if (($(count_log __vm_enough_memory:) != before)); then
	dmesg | tail -n 40
	echo "BAD  lines in the kernel's log"
	bad=1
fi
# Nothing of the restored processes may hold the module.
rmmod crtools || bad=1
exit $bad
