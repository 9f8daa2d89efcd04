#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# In the guest: measures whole pieces of work on the stock kernel, beside Writ, and as an agent whose
# role allows everything and has 1,000 rules more.
#   guest.sh WORK...      each is /bench/jobs/WORK.sh, run in a directory of always the same name
# In: /bench/policy. Out: /out/instructions, lines "WORK.SYSTEM COUNT REPEATS"; WORK.decisions is how
# many records the agent's work made, idle_second.writd what writd takes of a second in which nothing
# happens. Status 1: some work failed, or a record is missing.
set -eu

repeats=3
root=/sys/fs/cgroup
here=/tmp/endtoend
writd=0

fail() {
	echo "$*" >&2
	exit 1
}

# lapse CGROUP WORK: one more line of instructions in /tmp/counts
lapse() {
	rm -rf $here
	mkdir -p $here
	cd $here
	/bench/lapse "$root$1" "$writd" /usr/bin/env -i PATH=/usr/sbin:/usr/bin LANG=C \
		/bin/sh "/bench/jobs/$2.sh" 3>>/tmp/counts >/tmp/said 2>&1 ||
		fail "$2 in $1: status $?: $(tail -n 5 /tmp/said)"
	cd /
}

# measure SYSTEM CGROUP WORK
measure() {
	: >/tmp/counts
	while [ "$(wc -l </tmp/counts)" -lt $repeats ]; do
		lapse "$2" "$3"
	done
	echo "# $3.$1 $(tr '\n' ' ' </tmp/counts)"
	echo "$3.$1 $(sort -n /tmp/counts | sed -n "$(((repeats + 1) / 2))p") $repeats" \
		>>/out/instructions
}

# counter NAME: of writ status
counter() {
	writ status --json | tr -d ' \n' | tr -s ',{}' '\n' | sed -n "s/^\"$1\"://p" | head -n 1
}

start_writd() {
	/usr/sbin/writd --policy /bench/policy >/out/writd.log 2>&1 &
	writd=$!
	tries=0
	until writ status >/dev/null 2>&1; do
		tries=$((tries + 1))
		[ $tries -lt 600 ] || fail "writd does not answer: $(cat /out/writd.log)"
		sleep 0.1
	done
}

# Everything that the agent does is recorded and allowed, and nothing that others do.
measure_managed() {
	written=$(counter events_written)
	measure writ_role_1000 /vm/anything "$1"
	written=$(($(counter events_written) - written))
	[ $written -gt $repeats ] || fail "$1: $written records, the agent was none"
	[ "$(counter events_missing)" = 0 ] || fail "$1: $(counter events_missing) records are missing"
	[ "$(counter denied)" = "$denied" ] || fail "$1: something was denied"
	echo "$1.decisions $((written / repeats)) $repeats" >>/out/instructions
}

# on_cpu: instructions that writd has taken so far
on_cpu() {
	cut -d ' ' -f 1 "/proc/$writd/schedstat"
}

measure_idle() {
	before=$(on_cpu)
	sleep 10
	echo "idle_second.writd $((($(on_cpu) - before) / 10)) 1" >>/out/instructions
}

mkdir -p $root/plain
sleep 3 # what booting has left to do
for work; do
	lapse /plain "$work" # what is done once: page cache, slabs, lazily made tables
	measure stock /plain "$work"
done
start_writd
[ "$(counter links)" -gt 0 ] || fail 'nothing is attached'
mkdir -p $root/vm/anything
sleep 1 # its own first records
measure_idle
denied=$(counter denied)
written=$(counter events_written)
for work; do
	measure writ_unmanaged /plain "$work"
done
[ "$(counter events_written)" = "$written" ] ||
	fail "an unmanaged process was recorded: $(tail -n 1 /var/log/writ/audit.jsonl)"
for work; do
	measure_managed "$work"
done
