# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=dash disable=SC2154
# writ-audit, the process that writes the log, is killed, stopped and kept from its file: records
# wait, none is lost without a word, and nothing else of writd stops.

begin_fresh='killed_while_it_drains killed_under_load'

# killed: it is, and another one is there.
killed() {
	before=$(status audit)
	[ "$before" -gt 0 ] || await 60 audit_lives || fail 'writ-audit does not come back'
	before=$(status audit)
	kill -KILL "$before"
	await 60 audit_is_other || fail 'writ-audit was not started again'
}

audit_lives() {
	[ "$(status audit)" -gt 0 ]
}

audit_is_other() {
	now=$(status audit)
	[ "$now" -gt 0 ] && [ "$now" != "$before" ]
}

# What happens while nobody reads stands in the log afterwards, in the order in which it was.
case_the_core_s_records_wait() {
	secret=$(place /vm/secret)/f
	free ok open r "$secret"
	kill -STOP "$(status audit)"
	writ freeze >/dev/null || fail 'writ freeze waits for the log'
	try EPERM open r "$secret"
	writ thaw >/dev/null || fail 'writ thaw waits for the log'
	[ "$(/vm/bin/audit count "$mark" type=daemon)" = 0 ] || fail 'it was not stopped'
	kill -KILL "$(status audit)"
	found type=daemon event=audit_died
	found type=daemon event=thawed
	order=$(tail -c "+$((mark + 1))" $log | sed -n 's/.*"event":"\([a-z_]*\)".*/\1/p;/"verdict":"deny"/s/.*/denied/p' | uniq | tr '\n' ' ')
	contains 'the order in the log' 'frozen denied thawed*audit_died' "$order"
	held
}

# `writ why` hears of a denial although another process reads the ring.
case_denials_reach_the_core() {
	secret=$(place /vm/secret)/f
	denied no_rule r "$secret"
	await 10 told_of "$secret" || fail "writd does not know of the denial: $(/vm/bin/control denials "$who" 2>&1 | head -n 3)"
}

told_of() {
	writ why --agent "$who" 2>/dev/null | grep -q "$1"
}

refused() {
	daemon_start --audit-log "$1" && fail "writd starts with its log in $1"
	contains 'what writd says' "$2" "$(cat /run/writd.log)"
}

# The directory becomes the log's user's, so it must be the log's alone.
case_log_that_can_not_be_given_away() {
	daemon_end TERM
	rm -rf /vm/logs
	mkdir -p /vm/logs/shared /vm/logs/other /vm/logs/linked /vm/logs/twice
	echo x >/vm/logs/shared/letter
	refused /vm/logs/shared/audit.jsonl 'shared holds letter, which is none of the audit log'
	want 'owner of the directory' 0 "$(stat -c %u /vm/logs/shared)"
	chown 33 /vm/logs/other
	refused /vm/logs/other/audit.jsonl "neither root's nor the log's user's"
	ln -s /vm/logs/shared/letter /vm/logs/linked/audit.jsonl
	refused /vm/logs/linked/audit.jsonl "must be a regular file with one name"
	ln /vm/logs/shared/letter /vm/logs/twice/audit.jsonl
	refused /vm/logs/twice/audit.jsonl "must be a regular file with one name"
	want 'owner of the file' 0 "$(stat -c %u /vm/logs/shared/letter)"
	want 'what is in it' x "$(cat /vm/logs/shared/letter)"
	daemon_must_start
	want 'owner and mode' 'writ-audit writ-audit 640' "$(stat -c '%U %G %a' $log)"
	want 'owner and mode' 'writ-audit writ-audit 750' "$(stat -c '%U %G %a' "${log%/*}")"
	held
}

# A disk that is full keeps nobody waiting; what is lost is told.
case_log_on_a_full_disk() {
	daemon_end TERM
	mkdir -p /vm/small
	mount -t tmpfs -o size=64k tmpfs /vm/small
	daemon_must_start --audit-log /vm/small/audit.jsonl
	secret=$(place /vm/secret)/f
	try ok repeat 2000 r "$secret"
	await 20 log_fails || fail "writ status does not tell: $(status audit_error)"
	try EPERM open r "$secret"
	daemon_end TERM
	umount /vm/small || fail 'somebody is in it'
	daemon_must_start
	held
}

log_fails() {
	[ "$(status audit_error)" = -28 ]
}

# small_log ON_ERROR: a log with a disk of its own, a small one, and a Node that says what is done.
small_log() {
	daemon_unfit # until end_small
	daemon_end TERM
	mkdir -p /vm/small /vm/spill
	mount -t tmpfs -o size=256k tmpfs /vm/small
	printf 'apiVersion: writ/v1\nkind: Node\nname: vm\nenvironment: test\naudit: {%s}\n' "$1" \
		>$policy/node.yaml
	log=/vm/small/audit.jsonl
	mark=0
	daemon_must_start --audit-log $log
	read=$(place /vm/data/read)/f
	try ok open r "$read"
}

# Whatever there is room for; the log's own file has what is left of its last page.
fill_small() {
	dd if=/dev/zero of=/vm/small/ballast bs=4k count=64 2>/dev/null
	[ -s /vm/small/ballast ] || fail 'there is no ballast'
}

# The chain holds, and each of the given words is in the log.
small_log_is_whole() {
	for word; do
		await 20 grep -q "$word" $log || fail "the log has no $word"
	done
	writ audit verify --file $log >/tmp/whole || fail "$(cat /tmp/whole)"
}

end_small() {
	log=/var/log/writ/audit.jsonl
	daemon_end TERM
	umount /vm/small || fail 'somebody is in it'
	standard_policy
	daemon_must_start
	held
	rm /run/unfit
}

agents_are_stopped() {
	[ "$(status agents_stopped)" = true ]
}

agents_go_on() {
	[ "$(status agents_stopped)" = false ]
}

# An agent acts until the log takes no line of it any more.
act_until() {
	for _ in 1 2 3 4 5 6 7 8 9 10; do
		as "$group" $act repeat 100 r "$read" >/dev/null
		await 1 "$@" && return
	done
	fail "never: $*; status says $(status audit_error)"
}

# Not even that an act is executed.
nothing_works() {
	want "agent's open" 126 "$(as "$group" $act open r "$read" 2>/dev/null; echo $?)"
}

# No agent does what can't be recorded: with a full disk, and with nobody who writes.
case_stop_agents_when_the_log_fails() {
	small_log 'on_error: stop_agents'
	fill_small
	act_until agents_are_stopped
	free ok open r "$read"
	nothing_works
	contains 'writ status' 'on_error: stop_agents: the log takes no lines (No space left' \
		"$(writ status)"
	contains 'writ status' 'make room for /vm/small/audit.jsonl' "$(writ status)"
	kill -KILL "$(daemon_pid)" # what is in the kernel goes on
	await 10 has_ended "$(daemon_pid)"
	nothing_works
	daemon_must_start --audit-log /vm/small/audit.jsonl
	nothing_works
	rm /vm/small/ballast
	await 60 agents_go_on || fail 'agents do not go on'
	try ok open r "$read"
	reader=$(status audit)
	kill -STOP "$reader"
	await 20 agents_are_stopped || fail 'nobody writes, and agents go on'
	nothing_works
	kill -CONT "$reader"
	await 20 agents_go_on || fail 'agents do not go on'
	try ok open r "$read"
	small_log_is_whole '"event":"agents_stopped"' '"event":"agents_go_on"' '"detail":"nobody'
	position=$(status audit_position)
	writ audit verify --known "$position" --file $log >/tmp/whole || fail "$(cat /tmp/whole)"
	writ audit verify --known "${position%:*}:1000" --file $log >/tmp/whole &&
		fail 'an end that is missing is not found'
	contains 'what it says' "its writer has signed 1000" "$(cat /tmp/whole)"
	end_small
}

is_spilled() {
	[ "$(status audit_spilled)" -gt 0 ]
}

is_returned() {
	[ "$(status audit_spilled)" = 0 ] && [ ! -e /vm/spill/audit ]
}

# Lines go to another disk, and back; also over a writer that is killed meanwhile.
case_spill_when_the_log_fails() {
	small_log 'on_error: spill, spill: {path: /vm/spill/audit, size: 16MiB}'
	fill_small
	act_until is_spilled
	want "the log's error" 0 "$(status audit_error)"
	try 200 repeat 200 r "$read"
	killed
	try 200 repeat 200 r "$read"
	want 'missing' 0 "$(status events_missing)"
	rm /vm/small/ballast
	mount -o remount,size=8m /vm/small
	await 60 is_returned || fail "still spilled: $(status audit_spilled)"
	try ok open r "$read"
	want 'missing' 0 "$(status events_missing)"
	want 'lost' 0 "$(status lost)"
	small_log_is_whole '"event":"spilling"' '"event":"spill_returned"'
	: >/run/writd.log
	sed -i 's|/vm/spill/audit|/vm/spill/other|' $policy/node.yaml
	kill -HUP "$(daemon_pid)"
	await 10 grep -q 'restart writd with this policy' /run/writd.log || fail 'it was taken'
	end_small
}

case_process_is_confined() {
	found=$(writ status --security --json)
	contains 'its row' '"name": "writ-audit"' "$found"
	pid=$(status audit)
	want 'user' 997 "$(awk '/^Uid:/ { print $2 }' "/proc/$pid/status")"
	want 'capabilities' 0000000000000000 "$(awk '/^CapPrm:/ { print $2 }' "/proc/$pid/status")"
	want 'no new privileges' 1 "$(awk '/^NoNewPrivs:/ { print $2 }' "/proc/$pid/status")"
	want 'seccomp' 2 "$(awk '/^Seccomp:/ { print $2 }' "/proc/$pid/status")"
	held
}

# Between taking records from the ring and writing them none may get lost.
case_killed_while_it_drains() {
	daemon_fresh
	secret=$(place /vm/secret)/f
	for _ in 1 2 3; do
		reader=$(status audit)
		kill -STOP "$reader"
		try ok repeat 6000 r "$secret"
		size=$(stat -c %s $log)
		kill -CONT "$reader"
		while [ "$(stat -c %s $log)" = "$size" ]; do
			: # it writes when it has taken some hundred records
		done
		daemon_end KILL
		daemon_must_start
	done
	whole
	daemon_unfit
}

# By its number each record is in the log, whoever writes it, killed as it may be.
case_killed_under_load() {
	daemon_fresh
	path=$(place /vm/data/read)/f
	for _ in 1 2 3; do
		try 1000 repeat 1000 r "$path"
		killed
	done
	want 'deaths' 3 "$(status audit_deaths)"
	want 'issuance' true "$(status frozen)"
	found type=daemon event=audit_failing
	settle
	want 'missing' "$(status lost)" "$(status events_missing)"
	/vm/bin/audit whole 3 >/tmp/whole || fail "$(cat /tmp/whole)"
	daemon_unfit
}
