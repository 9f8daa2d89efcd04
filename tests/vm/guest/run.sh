# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=dash disable=SC2154,SC2034
# Scope run: who holds a grant, and who does not. Counted commands. Attested connections.

# visit [PLAYBOOK]: the case's own place, and a grant of it; its number in $grant.
visit() {
	agent runs /vm/runs
	mkdir -p /vm/runs
	for left in $root/vm/runs/writ-run-*; do # of a case that failed
		[ ! -e "$left" ] || echo 1 >"$left/cgroup.kill"
	done
	path=$(place /vm/grants)/f
	rm -f /tmp/go.run /tmp/out.run
	writ grant "${1:-visit}" --agent runs "place=$name" --json >/tmp/grant || fail 'no grant'
	grant=$(value grant </tmp/grant)
}

# run_of ACTS...: in the run, in the background, until /tmp/go.run; its pid in $inside.
run_of() {
	writ exec "$grant" -- $act open r "$path" until /tmp/go.run "$@" >/tmp/out.run 2>&1 &
	running=$!
	await 20 grep -q ok /tmp/out.run || fail "the run could not begin: $(cat /tmp/out.run)"
	inside=$(cat $root/vm/runs/writ-run-"$grant"/cgroup.procs \
		$root/vm/runs/writ-run-"$grant"/*/cgroup.procs 2>/dev/null | head -n 1)
	[ -n "$inside" ] || fail 'nobody is in the run'
}

# run_ends EXPECTED
run_ends() {
	: >/tmp/go.run
	wait $running
	want 'what the run could do' "$1" "$(cat /tmp/out.run)"
}

has_ended_as() {
	writ grants --all | grep -E "^$grant .* $1 "
}

case_its_run_alone() {
	visit
	denied other_run r "$path"
	seen deny open other_run "$path" "grant=$grant"
	want 'in the run' ok "$(writ exec "$grant" -- $act open r "$path")"
	seen allow open grant "$path" "grant=$grant"
	found type=grant event=completed "grant=$grant"
	mark
	denied revoked r "$path"
	said=$(writ exec "$grant" -- $act open r "$path" 2>&1)
	want 'status when it is over' 125 $?
	[ ! -e $root/vm/runs/writ-run-"$grant" ] || fail 'its cgroup is left'
}

case_children_hold_it() {
	visit
	run_of fork open r "$path" exec $act act thread open r "$path"
	run_ends 'ok ok ok ok ok ok'
	found type=grant event=completed "grant=$grant"
}

# Before the grant, before the run, and beside it.
case_helpers_hold_nothing() {
	agent runs /vm/runs
	later "$group" until "/tmp/go.$name" open r "/vm/grants/$name/f" fork open r "/vm/grants/$name/f"
	visit
	run_of open r "$path"
	try EPERM open r "$path"
	seen deny open other_run "$path"
	go 'ok EPERM ok EPERM'
	try 'ok EPERM' fork open r "$path"
	run_ends 'ok ok ok'
}

case_memory_is_out_of_reach() {
	visit
	run_of
	free ok seize "$inside"
	free ok open rw "/proc/$inside/mem"
	free ok writd_getfd "$inside"
	free ok compare "$inside"
	free ok peek "$inside"
	mark
	try EPERM seize "$inside"
	seen deny ptrace other_run "$inside act attach"
	mark
	try EACCES open rw "/proc/$inside/mem"
	seen deny ptrace other_run "$inside act attach"
	try EPERM writd_getfd "$inside"
	try EPERM compare "$inside"
	try EPERM peek "$inside"
	try EACCES open r "/proc/$inside/environ"
	try ok signal "$inside" 18
	held
	run_ends 'ok ok'
}

# Of a run that is another one's, and by a run of what is outside.
case_runs_are_apart() {
	visit
	run_of
	first=$grant
	writ grant visit --agent runs "place=$name" --json >/tmp/grant || fail 'no grant'
	want 'another run' 'EPERM ok' \
		"$(writ exec "$(value grant </tmp/grant)" -- $act seize "$inside" open r "$path")"
	seen deny ptrace other_run "$inside act attach"
	grant=$first
	run_ends 'ok ok'
}

case_descriptor_handed_out() {
	visit
	later "$group" take "/vm/runs/$name.sock" readtaken
	await 20 test -S "/vm/runs/$name.sock" || fail 'nobody takes'
	writ exec "$grant" -- $act hold r "$path" hand "/vm/runs/$name.sock" >/dev/null
	wait $later
	contains 'what it took' EPERM "$(cat "/tmp/out.$name")"
	seen deny receive other_run "$path"
}

case_cgroup_is_closed() {
	visit
	run_of
	try EPERM open w "$root/vm/runs/writ-run-$grant/cgroup.procs"
	try EPERM clone "$root/vm/runs/writ-run-$grant"
	try EPERM mkdir "$root/vm/runs/writ-run-$grant/below"
	run_ends 'ok ok'
}

# An operator may put processes there. They hold it from their next program on.
case_moved_in() {
	visit
	run_of
	later "$group" until "/tmp/go.$name" open r "$path" exec $act act open r "$path"
	move $later "/vm/runs/writ-run-$grant"
	go 'ok EPERM ok'
	later - until "/tmp/go.$name" open r "$path" exec $act act open r "$path"
	move $later "/vm/runs/writ-run-$grant"
	move $later ''
	go 'ok EPERM ok'
	run_ends 'ok ok'
}

case_writd_is_away() {
	visit
	run_of open r "$path"
	daemon_end KILL
	try EPERM open r "$path"
	daemon_must_start
	run_ends 'ok ok ok'
	found type=grant event=completed "grant=$grant"
	visit
	run_of
	daemon_end KILL
	run_ends 'ok ok'
	daemon_must_start
	found type=grant event=completed "grant=$grant"
	[ ! -e $root/vm/runs/writ-run-"$grant" ] || fail 'its cgroup is left'
}

case_killed_at_its_end() {
	visit killed
	run_of
	writ revoke "$grant" >/dev/null || fail 'writ revoke failed'
	wait $running
	want 'status of what ran' 137 $?
}

is_frozen() {
	grep -q 'frozen 1' "$root/vm/runs/writ-run-$grant/cgroup.events"
}

case_frozen_at_its_end() {
	visit frozen
	run_of open r "$path"
	writ revoke "$grant" >/dev/null || fail 'writ revoke failed'
	await 20 is_frozen || fail 'it is not frozen'
	echo 0 >"$root/vm/runs/writ-run-$grant/cgroup.freeze"
	run_ends 'ok ok EPERM'
}

# --- counted commands -----------------------------------------------------------------------------

entry() {
	mkdir -p /vm/entry
	cp $act /vm/entry/act
	rm -f /vm/runs/count
	: >/vm/runs/count
}

# So many of the command, all at once; each that runs leaves a line.
# shellcheck disable=SC2016 # for the shell in the run
many='i=0; while [ $i -lt 64 ]; do /vm/entry/act open r "$0" >>/vm/runs/count 2>/dev/null & i=$((i + 1)); done; wait'

# Five ran, and each could do what the grant allows.
all_could() {
	# shellcheck disable=SC2046 # words
	set -- $(cat /vm/runs/count)
	want 'what those that ran could do' 'ok ok ok ok ok' "$*"
}

case_entry_is_counted() {
	visit few
	entry
	writ exec "$grant" -- /usr/bin/dash -c "$many" "$path" 2>/dev/null
	all_could
	seen allow exec grant /vm/entry/act "grant=$grant"
	seen deny exec used_up /vm/entry/act "grant=$grant"
	lines 59 agent=runs operation=exec reason=used_up
	found type=grant event=used_up "grant=$grant"
}

# The last one works on, and what it starts; another grant serves where one is used up.
case_last_use_goes_on() {
	visit few
	entry
	again='for i in 1 2 3 4; do /vm/entry/act open r "$0" >/dev/null; done
		/vm/entry/act open r "$0" exec /vm/bin/act act open r "$0"
		/vm/entry/act open r "$0" || echo refused'
	said=$(writ exec "$grant" -- /usr/bin/dash -c "$again" "$path" 2>/dev/null)
	want 'what the last could do' 'ok ok  refused' "$(echo "$said" | tr '\n' ' ')"
}

case_entry_with_arguments() {
	visit few-words
	entry
	as "$group" /usr/bin/dash -c "$many" "$path" 2>/dev/null
	all_could
	seen deny argv used_up /vm/entry/act
	lines 59 agent=runs operation=argv reason=used_up
	mark
	writ grant few-words --agent runs "place=$name" >/dev/null || fail 'no second grant'
	want 'by another grant' ok "$(as "$group" $act exec /vm/entry/act /vm/entry/act open r "$path")"
	writ revoke --agent runs >/dev/null
}

# --- who connects ---------------------------------------------------------------------------------

# attest [bare]: somebody who asks the kernel, at $door.
attest() {
	door=/run/attest.$name
	: >/tmp/attest.out # an earlier one's word is not this one's
	trap 'kill -KILL $attest 2>/dev/null' EXIT # its descriptors keep programs attached
	/vm/bin/attest $door "$@" >/tmp/attest.out 2>&1 &
	attest=$!
	await 60 grep -q ready /tmp/attest.out || fail "attest: $(cat /tmp/attest.out)"
}

attest_ends() {
	: >$door.stop
	wait $attest
	contains 'attest' ready "$(cat /tmp/attest.out)"
	daemon_end TERM # the guard is armed for attest, and its owner is gone
	daemon_must_start
}

index_of() {
	writ agents --json | tr -d '\n' | sed "s/.*\"agent\": \"$1\"[^}]*\"index\": \([0-9]*\).*/\1/"
}

# Its role opens no socket there: the listener's mark does.
case_attested() {
	agent runs /vm/runs
	attest
	said=$(as "$group" $act pid dial $door asks)
	pid=${said%% *}
	contains 'the agent' "$pid ok *[1-9]*:$pid:0:0:same ok" "$said"
	seen allow connect agent_socket $door
	said=$(as "$group" $act pid dial $door exec $act act pid asks)
	pid=${said%% *}
	contains 'after an exec' "$pid ok $pid *:$pid:0:0:same ok" "$said"
	said=$(as "$group" $act pid dial $door fork pid asks | tr '\n' ' ')
	pid=${said%% *}
	contains 'by a child' "*:$pid:0:0:* ok" "$said"
	mkdir -p /tmp/orphan
	as "$group" $act pid dial $door orphan asks >/tmp/orphan/out
	await 20 grep -q : /tmp/orphan/out || fail 'the child does not ask'
	pid=$(sed 's/ .*//' /tmp/orphan/out | head -n 1)
	contains 'of one that is gone' "*:$pid:0:0:gone" "$(cat /tmp/orphan/out)"
	said=$($act pid dial $door asks)
	pid=${said%% *}
	contains 'nobody of an agent' "$pid ok 0:$pid:0:0:same ok" "$said"
	said=$($act user 65534 dial $door asks)
	contains 'its user' ":65534:0:same" "$said"
	attest_ends
}

case_attested_is_who_connected() {
	agent runs /vm/runs
	attest
	said=$($act pid dial $door procs "$root$group/cgroup.procs" join asks)
	contains 'moved in later' "ok ok ok 0:${said%% *}:0:0:same" "$said"
	rm -f /tmp/taken.sock
	$act take /tmp/taken.sock asks >/tmp/taken &
	taking=$!
	await 20 test -S /tmp/taken.sock || fail 'nobody takes'
	said=$($act dial $door procs "$root$group/cgroup.procs" asks hand /tmp/taken.sock)
	wait $taking
	contains 'passed on' "${said#* ok }" "x ${said#* ok } x"
	contains 'passed on' ":0:0:" "$(cat /tmp/taken)"
	attest_ends
}

case_without_a_mark() {
	agent runs /vm/runs
	attest bare
	free 'ok none ok' dial $door asks
	try EPERM dial $door
	seen deny connect no_rule $door
	attest_ends
}

# It is moved, and holds the run with its next program; nobody who traces it does.
case_enters() {
	visit
	attest
	try "ok ok EPERM ok" dial $door enter "$grant" open r "$path" exec $act act open r "$path"
	await 20 grep -q "over $grant" /tmp/attest.out || fail 'the run is not over'
	visit
	try 'ok ok ok EPERM' traced dial $door enter "$grant" exec $act act open r "$path"
	seen deny exec other_run $act
	visit
	try 'ok ok ok ok EBUSY' dial $door enter "$grant" exec $act act open r "$path" fork enter "$grant"
	visit
	free 'ok EXDEV' dial $door enter "$grant"
	attest_ends
	writ revoke --agent runs >/dev/null
}
