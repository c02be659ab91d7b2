# SPDX-License-Identifier: Apache-2.0
# `vm run`: one command in one fresh machine.

CPUS=2 MEM=3072 TIME=300
# The emulated processors take turns in one thread: docs/decisions/0010-processors-take-turns.md.
THREAD=single
# All that QEMU emulates, but for what makes programs slower here: string instructions that are said to be fast for single
# bytes, and are emulated byte by byte (kernels clear pages with them), and a fifth level of page tables.
CPU=max,la57=off,erms=off,fsrm=off,fzrm=off,fsrs=off

run() {
	local kernel=$1 line suite kdir log='' tty='' code
	local -a puts=() gets=()
	[ -n "$kernel" ] || die "run: which kernel?"
	shift
	while [ $# -gt 0 ]; do
		case $1 in
		--cpus) CPUS=$2; shift 2 ;;
		--cpu) CPU=$CPU,$2; shift 2 ;;
		--parallel) THREAD=multi; shift ;;
		--mem) MEM=$2; shift 2 ;;
		--time) TIME=$2; shift 2 ;;
		--put) puts+=("$2"); shift 2 ;;
		--get) gets+=("$2"); shift 2 ;;
		--log) log=$2; shift 2 ;;
		--tty) tty=1; shift ;;
		--) shift; break ;;
		*) die "run: unknown option '$1'" ;;
		esac
	done
	[ $# -gt 0 ] || die "run: which command?"
	line=$(kernel_line "$kernel") || exit
	suite=$(base_suite "$(cut -d' ' -f2 <<<"$line")")
	kdir=$(kernel_dir "$kernel")
	if [ ! -e "$kdir/ok" ] || [ ! -s "$(rootfs_image "$suite")" ] || [ ! -x "$(qemu_dir)/qemu" ] || [ ! -x "$(guest_init)" ]; then
		setup_kernel "$kernel" >&2 || exit
	fi

	work=$(mktemp -d "${TMPDIR:-/tmp}/crtools-vm.XXXXXX")
	trap 'rm -rf "$work"' EXIT
	trap 'kill $(jobs -p) 2>/dev/null; exit 130' INT TERM HUP
	run_stage "$tty" "$@"
	run_initrd "$kdir"
	take_slot
	run_machine "$kdir" "$(rootfs_image "$suite")" "$tty"
	[ -z "$log" ] || cp "$work/console" "$log"
	run_bring_back
	run_verdict
	code=$?
	exit "$code"
}

# Puts together the second disk: the files to put in and the command.
run_stage() {
	local tty=$1 put host guest get stage=$work/stage
	shift
	mkdir -p "$stage/.vm"
	for put in "${puts[@]}"; do
		host=${put%%:*}
		guest=/put
		[ "$host" = "$put" ] || guest=${put#*:}
		[ -e "$host" ] || die "no such file to put in: $host"
		case $put in
		*:*/) mkdir -p "$stage/$guest" ;;
		*:*) mkdir -p "$stage/$(dirname "$guest")" ;;
		*) mkdir -p "$stage/$guest" ;;
		esac
		cp -aL --reflink=auto "$host" "$stage/$guest" || die "cannot copy $host"
	done
	if [ $# = 1 ]; then
		printf '%s\n' "$1" >"$stage/.vm/line"
		echo 'exec bash /.vm/line' >"$stage/.vm/command"
	else
		printf 'exec %s\n' "$(printf '%q ' "$@")" | sed '1s/^exec /exec -- /;1s/^exec -- /exec /' >"$stage/.vm/command"
	fi
	[ -z "$tty" ] || : >"$stage/.vm/tty"
	if [ ${#gets[@]} -gt 0 ]; then
		printf 'cd / && tar -c --ignore-failed-read --' >"$stage/.vm/get"
		for get in "${gets[@]}"; do
			guest=${get%:*}
			printf ' %q' ".$guest" >>"$stage/.vm/get"
		done
	fi
	tar -C "$stage" --owner=0 --group=0 --numeric-owner -cf "$work/put.tar" . || die "cannot pack the files"
	rm -rf "$stage"
	truncate -s %4096 "$work/put.tar"
}

run_initrd() {
	local kdir=$1 tree=$work/tree
	mkdir -p "$tree/root" "$tree/dev" "$tree/modules"
	cp "$(guest_init)" "$tree/init"
	cp "$kdir"/initrd-modules/* "$tree/modules/" 2>/dev/null
	(cd "$tree" && find . | cpio --quiet -o -H newc) >"$work/initrd" || die "cannot make the initrd"
	rm -rf "$tree"
}

# Two machines at once at the most, first come, first served; the descriptor keeps the slot until this process ends.
take_slot() {
	local i told=''
	exec 7>"$CACHE/slot.queue"
	flock -n 7 || { say "other machines wait already"; flock 7; }
	while :; do
		for i in 0 1; do
			exec 9>"$CACHE/slot.$i"
			if flock -n 9; then
				exec 7>&-
				return
			fi
		done
		[ -n "$told" ] || say "two machines run already, waiting for one to end"
		told=1
		sleep 1
	done
}

run_machine() {
	local kdir=$1 image=$2 tty=$3 output pid
	mkfifo "$work/out" "$work/err"
	if [ -n "$tty" ]; then
		output="-chardev stdio,id=out,signal=off -device virtconsole,chardev=out,name=tty"
	else
		# Whatever becomes of this shell, they do not keep its slot.
		cat "$work/out" 9>&- & cats=$!
		cat "$work/err" >&2 9>&- & cats="$cats $!"
		output="-chardev file,id=out,path=$work/out -device virtserialport,chardev=out,name=out
			-chardev file,id=err,path=$work/err -device virtserialport,chardev=err,name=err"
	fi
	: >"$work/control"
	set -- "$(qemu_dir)/qemu" -accel tcg,thread=$THREAD -machine q35,hpet=off -cpu "$CPU" -smp "$CPUS" -m "$MEM" \
		-nodefaults -no-user-config -display none -no-reboot \
		-kernel "$kdir/vmlinuz" -initrd "$work/initrd" \
		-append "console=ttyS0 panic=-1 oops=panic quiet loglevel=5 mitigations=off random.trust_cpu=on tsc=reliable secretmem.enable=1 sysctl.kernel.panic_on_rcu_stall=1 rdinit=/init printk.devkmsg=on" \
		-serial "file:$work/console" -device isa-debug-exit,iobase=0xf4,iosize=0x04 \
		-drive "file=$image,format=raw,if=virtio,snapshot=on" \
		-drive "file=$work/put.tar,format=raw,if=virtio,readonly=on" \
		-drive "file=$kdir/modules.ext4,format=raw,if=virtio,readonly=on" \
		-device virtio-serial-pci $output \
		-chardev "file,id=control,path=$work/control" -device virtserialport,chardev=control,name=control \
		-chardev "file,id=get,path=$work/get.tar" -device virtserialport,chardev=get,name=get \
		-device virtio-rng-pci
	if [ -n "$tty" ]; then
		timeout --foreground -k 5 "$TIME" "$@"
	else
		timeout -k 5 "$TIME" "$@" </dev/null 2>"$work/qemu.err" &
		wait $!
	fi
	qemu_code=$?
	# A QEMU that never opened the FIFOs leaves the readers waiting.
	[ -z "$tty" ] && { : 1<>"$work/out" 1<>"$work/err"; wait $cats; }
	[ -z "$tty" ] || stty sane 2>/dev/null
	return 0
}

run_bring_back() {
	local get guest dir
	for get in "${gets[@]}"; do
		guest=${get%:*} dir=${get##*:}
		mkdir -p "$dir"
		tar -C "$dir" --no-same-owner --strip-components="$(dirname "$guest" | tr -cd / | wc -c | awk -v r="$(dirname "$guest")" '{ print (r == "/") ? 1 : $1 + 1 }')" \
			-xf "$work/get.tar" ".$guest" || say "cannot bring back $guest"
	done
}

# What in a kernel log is a problem whatever the command said; the guest's tests use the same list.
KERNEL_PROBLEMS=$HERE/src/main/resources/org/crtools/guest/kernel-problems.list

run_verdict() {
	local exit_line code taint problems bad=''
	exit_line=$(sed -n 's/^exit //p' "$work/control" | tail -n 1)
	code=${exit_line:-124}
	problems=$(tr -d '\r' <"$work/console" | grep -av 'crtools-test: ' | grep -aE -f "$KERNEL_PROBLEMS" | head -n 40)
	taint=$(sed -n 's/^taint //p' "$work/control" | tail -n 1)
	# 4096 and 8192: out-of-tree and unsigned module; 262144: a KUnit test ran.
	taint=$((${taint:-0} & ~(4096 | 8192 | 262144)))
	if [ -n "$problems" ]; then
		bad=1
		say "the kernel log has problems:"
		tr -d '\r' <"$work/console" | grep -av 'crtools-test: ' | grep -aE -B 3 -A 40 -f "$KERNEL_PROBLEMS" | head -n 200 >&2
	fi
	[ "$taint" = 0 ] || { bad=1; say "new kernel taint: $taint"; }
	if grep -q '^error' "$work/control"; then
		bad=1
		sed -n 's/^error /vm: guest: /p' "$work/control" >&2
	fi
	if [ -z "$exit_line" ]; then
		bad=1
		if [ "$qemu_code" = 124 ] || [ "$qemu_code" = 137 ]; then
			say "the time limit of $TIME s struck"
		else
			say "the machine died (QEMU's exit code $qemu_code); the end of its log:"
			cat "$work/qemu.err" >&2 2>/dev/null
		fi
		[ -n "$problems" ] || tail -n 30 "$work/console" >&2
	fi
	if [ -n "$bad" ] && [ "$code" = 0 ]; then code=99; fi
	return "$code"
}
