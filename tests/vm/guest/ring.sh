# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=dash disable=SC2154,SC2034
# A ring of events that is too small: every loss is told. That no verdict changes, by any hook, is
# shown in hooks.sh. These cases load the programs with a ring of their own and leave it, so they
# come last in their guest.

# The counters are read once a second.
all_told() {
	[ "$(status events_missing)" = "$(status lost)" ]
}

case_ring_too_small_is_no_way_out() {
	daemon_fresh --ring-size 4096
	secret=$(place /vm/secret)/f
	read=$(place /vm/data/read)/f
	contains 'ring' '"ring":{"bytes":4096,' "$(writ status --json | tr -d ' \n')"
	reader=$(status audit)
	kill -STOP "$reader"
	free 'ok ok' open r "$read" open r "$secret"
	try ok repeat 200 r "$secret"
	try 200 repeat 200 r "$read"
	kill -CONT "$reader"
	mark=0
	found type=gap reason=ring_full
	await 10 all_told
	settle
	lost=$(status lost)
	[ "$lost" -ge 300 ] || fail "only $lost records were lost"
	want 'missing in the log' "$lost" "$(status events_missing)"
	want 'written and missing' $(($(status records) - 3)) \
		$(($(status events_written) + $(status events_missing)))
	/vm/bin/audit whole 3 >/tmp/whole || fail "$(cat /tmp/whole)"
}

case_ring_filled_while_writd_is_dead() {
	daemon_fresh --ring-size 4096
	secret=$(place /vm/secret)/f
	read=$(place /vm/data/read)/f
	daemon_end KILL
	try ok repeat 100 r "$secret"
	try 100 repeat 100 r "$read"
	daemon_must_start
	mark=0
	found type=gap reason=ring_full
	await 10 all_told
	settle
	[ "$(status lost)" -ge 150 ] || fail 'the ring was not full'
	want 'missing in the log' "$(status lost)" "$(status events_missing)"
	/vm/bin/audit whole 6 >/tmp/whole || fail "$(cat /tmp/whole)"
}

# Killed between the loss and the next look at the counters.
case_loss_is_told_by_the_next_writd() {
	daemon_fresh --ring-size 4096
	secret=$(place /vm/secret)/f
	reader=$(status audit)
	kill -STOP "$reader"
	try ok repeat 100 r "$secret"
	kill -CONT "$reader"
	mark=0
	found object="$secret"
	daemon_end KILL
	daemon_must_start
	settle
	[ "$(status lost)" -ge 50 ] || fail 'the ring was not full'
	/vm/bin/audit whole 6 >/tmp/whole || fail "$(cat /tmp/whole)"
}

# A process that forks takes no room in the ring: children have their program from their parent.
case_forks_take_no_room() {
	daemon_fresh --ring-size 4096
	reader=$(status audit)
	kill -STOP "$reader"
	try ok spawnmany 1000
	want 'lost' 0 "$(status lost)"
	kill -CONT "$reader"
	mark=0
	found "agent=$who" type=exec "object=$act"
	settle
	/vm/bin/audit whole 3 >/tmp/whole || fail "$(cat /tmp/whole)"
}

# The record of an exec found no room: its program is not known, and nobody else's is told for it.
case_program_whose_record_is_lost() {
	daemon_fresh --ring-size 4096
	read=$(place /vm/data/read)/f
	secret=$(place /vm/secret)/f
	mkdir -p "/vm/programs/$name"
	cp $act "/vm/programs/$name/late"
	rm -f "/tmp/go.$name"
	reader=$(status audit)
	kill -STOP "$reader"
	try ok repeat 100 r "$secret"
	(become "$group" "/vm/programs/$name/late" until "/tmp/go.$name" open r "$read") >"/tmp/out.$name" &
	later=$!
	await 20 is_late || fail 'it did not start'
	kill -CONT "$reader"
	mark=0
	found type=gap reason=ring_full
	go 'ok ok'
	seen allow open role "$read" process.exe=null "process.comm=late"
	lines 0 "object=$read" process.exec=null
	lines 0 type=exec "object=/vm/programs/$name/late"
	/vm/bin/audit whole 3 >/tmp/whole || fail "$(cat /tmp/whole)"
}

is_late() {
	[ "$(readlink "/proc/$later/exe")" = "/vm/programs/$name/late" ]
}
