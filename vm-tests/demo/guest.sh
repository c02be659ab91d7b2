#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# What ./demo shows inside the machine. Every line after a "$" is a command that really runs.
set -u
cd /put || exit
export PATH=$PATH:/put

title() { printf '\n\033[1m== %s\033[0m\n' "$*"; }
show() { printf '\033[1m$ %s\033[0m\n' "$*"; eval "$*"; }
die() { echo "demo: $*" >&2; exit 1; }
# The demonstration's shell would tell of every job that is killed.
set +m
# An emulated processor takes its time over what a JVM compiles.
little="-XX:TieredStopAtLevel=1 -XX:CompileThresholdScaling=10 -XX:+UseSerialGC"
# On one of them: docs/decisions/0008-jvms-on-one-processor.md.
java() { taskset -c 0 java $little "$@"; }
echo "java stands for taskset -c 0 java $little here"

title "A stock kernel, and the module"
show uname -r
show insmod crtools.ko
now=${EPOCHREALTIME/./}
show "java -jar crtools.jar check" || die "check failed"
check=$((${EPOCHREALTIME/./} - now))

title "A program with four threads, as an ordinary user: saved by cat, killed, executed"
mkdir -m 0777 /tmp/demo && cd /tmp/demo || exit
cat > ordinary.sh <<'EOS'
cd /tmp/demo
/put/count > count.log &
pid=$!
sleep 2
kill -STOP $pid
cat /proc/$pid/dump > count.img
kill -KILL $pid
echo "the last it said:   $(tail -n 1 count.log)"
EOS
show cat ordinary.sh
show "su user -c 'bash ordinary.sh' 2>/dev/null"
show "ls -sh count.img"
cat > again.sh <<'EOS'
cd /tmp/demo
chmod +x count.img
./count.img > again.log &
sleep 2
echo "the first it says:  $(head -n 1 again.log)"
echo "the last it says:   $(tail -n 1 again.log)"
kill $!
EOS
show cat again.sh
show "su user -c 'bash again.sh' 2>/dev/null"
[ -s again.log ] || die "the image did not go on"

title "The same file in gdb"
show "gdb -q -batch -ex 'info threads' -ex 'thread apply all backtrace' -ex 'print counters' /put/count count.img 2>/dev/null | grep -v '^\[New'"

title "tar | gzip with the shell that waits for them: dumped in the middle, killed, restored"
# It must last longer than a JVM takes to start and to dump: as many files as that takes, on this machine.
mkdir trial && head -c 3000000 /dev/urandom | split -a 3 -b 300000 - trial/
now=${EPOCHREALTIME/./}
tar -c trial | gzip -9 > /dev/null
files=$((10 * (5 * check / 2 / (${EPOCHREALTIME/./} - now) + 1)))
show "mkdir data && head -c $((files * 300000)) /dev/urandom | split -a 3 -b 300000 - data/"
show "tar -c --sort=name data | gzip -n -9 > undisturbed.tar.gz"
cat > pipeline.sh <<'EOS'
tar -c --sort=name data | gzip -n -9 > archive.tar.gz
echo "the shell saw its pipeline end: $?" > pipeline.status
EOS
show cat pipeline.sh
printf '\033[1m$ setsid bash pipeline.sh &\033[0m\n'
setsid bash pipeline.sh < /dev/null > /dev/null 2>&1 &
pid=$!
while [ "$(stat -c %s archive.tar.gz 2>/dev/null || echo 0)" -lt 500000 ]; do sleep 0.05; done
show "java -jar /put/crtools.jar dump $pid -D checkpoint" || die "dump failed"
show "ls -l archive.tar.gz; pgrep -a 'tar|gzip'"
show "java -jar /put/crtools.jar show checkpoint | grep -v saved"
echo "Now the checkpoint's tree image, executed as any program is:"
show "./checkpoint/tree.img" || die "restore failed"
show "cat pipeline.status"
show "cmp archive.tar.gz undisturbed.tar.gz && echo identical" || die "the archives differ"
