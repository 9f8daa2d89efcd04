# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=dash disable=SC2154
# writd comes, goes and is killed: enforcement does not, and no record is lost or told twice.

begin_fresh=processes_that_were_there_before

case_check() {
	said=$(writd --check)
	want 'status of writd --check' 0 $?
	contains 'what it says' 'present: writd can run here' "$said"
	said=$(writd --check --json | tr -d ' \n')
	contains 'its JSON' '"ready":true,"missing":0' "$said"
	contains 'its JSON' '"name":"file_open","present":true' "$said"
}

objects() {
	echo "programs $(/vm/bin/objects programs), links $(/vm/bin/objects links)," \
		"pins $(ls /sys/fs/bpf/writ/links /sys/fs/bpf/writ/maps /sys/fs/bpf/writ/programs)"
}

case_killed_and_restarted() {
	secret=$(place /vm/secret)/f
	read=$(place /vm/data/read)/f
	denied no_rule r "$secret"
	allowed role r "$read"
	before=$(objects)
	daemon_end KILL
	mark
	want 'programs and links' "$before" "$(objects)"
	for _ in 1 2 3; do
		free 'ok ok' open r "$read" open r "$secret"
		try 'ok EPERM' open r "$read" open r "$secret"
		free 'ok EPERM' clone "$root$group" open r "$secret"
	done
	daemon_must_start
	contains 'what writd says' 're-adopted' "$(cat /run/writd.log)"
	want 'programs and links' "$before" "$(objects)"
	found type=daemon event=adopted
	lines 6 type=decision "agent=$who" operation=open verdict=deny "object=$secret"
	lines 3 type=decision "agent=$who" operation=open verdict=allow "object=$read"
	whole
	want 'missing' 0 "$(status events_missing)"
	held
}

# Another build's programs are replaced while an agent keeps trying: at no moment is there neither.
case_upgraded() {
	secret=$(place /vm/secret)/f
	read=$(place /vm/data/read)/f
	before=$(/vm/bin/objects programs)
	count=$(ls /sys/fs/bpf/writ/links | wc -l)
	daemon_end KILL
	/vm/bin/objects disown
	rm -f /tmp/go /tmp/tries
	(until [ -e /tmp/go ]; do
		as "$group" $act open r "$read" open r "$secret"
	done) >/tmp/tries &
	trying=$!
	daemon_must_start
	touch /tmp/go
	wait "$trying"
	contains 'what writd says' 'upgraded' "$(cat /run/writd.log)"
	[ "$(wc -l </tmp/tries)" -ge 2 ] || fail 'nothing was tried meanwhile'
	want 'what it could do' 'ok EPERM' "$(sort -u /tmp/tries)"
	want 'links' "$count" "$(ls /sys/fs/bpf/writ/links | wc -l)"
	for id in $before; do # they leave in a worker of the kernel
		await 10 is_no_program "$id" || fail "program $id of before is still there"
	done
	try 'ok EPERM' open r "$read" open r "$secret"
	held
}

# Maps of another layout are neither used nor replaced: what runs goes on.
case_other_layout_is_refused() {
	secret=$(place /vm/secret)/f
	before=$(objects)
	daemon_end KILL
	/vm/bin/objects disown abi
	daemon_start && fail 'it was taken over'
	contains 'what writd says' 'writd --unload' "$(cat /run/writd.log)"
	want 'programs and links' "$before" "$(objects)"
	try EPERM open r "$secret"
	/vm/bin/objects disown abi
	daemon_must_start
	denied no_rule r "$secret"
}

is_no_program() {
	case " $(/vm/bin/objects programs)" in *" $1 "*) return 1 ;; esac
}

case_killed_again_and_again() {
	before=$(objects)
	secret=$(place /vm/secret)/f
	for _ in 1 2 3; do
		settle # one that is killed as it writes may write a line twice
		daemon_end KILL
		try EPERM open r "$secret"
		daemon_must_start
		try EPERM open r "$secret"
	done
	want 'programs and links' "$before" "$(objects)"
	lines 6 type=decision "agent=$who" operation=open verdict=deny "object=$secret"
	whole
}

case_second_writd_is_refused() {
	said=$(writd --policy $policy 2>&1)
	want 'status of a second writd' 1 $?
	contains 'what it says' 'another writd runs' "$said"
	held
}

break_policy() {
	printf 'apiVersion: writ/v1\nkind: Role\nname: broken\nfiles:\n  - {path: "/x", alow: [read]}\n' \
		>$policy/broken.yaml
}

case_reload_of_a_broken_policy() {
	before=$(status generation)
	break_policy
	: >/run/writd.log
	reload policy_refused
	contains 'what writd says' 'broken.yaml:5:18: ' "$(cat /run/writd.log)"
	want 'generation' "$before" "$(status generation)"
	allowed role r "$(place /vm/data/read)/f"
	held
	rm $policy/broken.yaml
}

case_reload_reaches_a_running_process() {
	path=$(place /vm/data/read)/f
	rm -f /tmp/go /tmp/out
	(become "$group" $act open r "$path" until /tmp/go open r "$path") >/tmp/out &
	running=$!
	await 20 grep -q ok /tmp/out
	sed -i 's|/vm/data/read/|/vm/data/unread/|' $policy/roles.yaml
	reload policy_applied
	: >/tmp/go
	wait $running
	want 'what it could do' 'ok ok EPERM' "$(cat /tmp/out)"
	seen deny open no_rule "$path"
	standard_policy
	reload policy_applied
	allowed role r "$path"
}

case_agent_that_policy_drops_is_denied() {
	agent runner /vm/runner
	path=$(place /vm/data/read)/f
	allowed role r "$path"
	sed -i 's/runner/walker/' $policy/agents.yaml
	reload policy_applied
	free 'ok ok EPERM' procs "$root$group/cgroup.procs" join open r "$path"
	seen deny open no_rule "$path"
	standard_policy
	reload policy_applied
	allowed role r "$path"
}

case_mode_and_role_change_on_reload() {
	path=$(place /vm/secret)/f
	agent watched /vm/watched
	try ok open r "$path"
	sed -i 's/monitor/enforce/' $policy/agents.yaml
	reload policy_applied
	denied no_rule r "$path"
	standard_policy
	reload policy_applied
	try ok open r "$path"
	seen would_deny open no_rule "$path"
}

case_term_leaves_enforcement() {
	secret=$(place /vm/secret)/f
	daemon_end TERM
	/vm/bin/audit find "$mark" 1 type=daemon event=stopped || fail 'the log lacks the stop'
	free ok open r "$secret"
	try EPERM open r "$secret"
	writ status 2>/dev/null
	want 'status of writ status' 3 $?
	daemon_must_start
	seen deny open no_rule "$secret"
	held
}

case_restart_with_a_broken_policy() {
	secret=$(place /vm/secret)/f
	path=$(place /vm/data/read)/f
	daemon_end KILL
	break_policy
	daemon_must_start
	contains 'what writd says' 'stays in force' "$(cat /run/writd.log)"
	found type=daemon event=policy_refused
	denied no_rule r "$secret"
	allowed role r "$path"
	said=$(writ grant tend --agent holder-bad service=x 2>&1)
	want 'status of writ grant' 1 $?
	contains 'what it says' 'writ policy check' "$said"
	rm $policy/broken.yaml
	reload policy_applied
	held
}

act_may() {
	[ "$(as "$group" $act "$@")" = 'ok ' ]
}

# A pin that is lost: what it kept goes on, for writd holds it too, which also pins it again.
case_missing_link_is_noticed() {
	secret=$(place /vm/secret)/f
	before=$(status links)
	denied no_rule r "$secret"
	mark
	rm /sys/fs/bpf/writ/links/file_open 2>/dev/null && fail 'anyone can remove it'
	seen_unmanaged unlink /sys/fs/bpf/writ/links/file_open
	/vm/bin/objects unpin /sys/fs/bpf/writ/links/file_open || fail 'it was not removed'
	for _ in 1 2 3; do
		try EPERM open r "$secret"
	done
	found type=daemon event=pin_lost
	want 'links' "$before" "$(status links)"
	denied no_rule r "$secret"
}

# The one thing that can go wrong after the attach: a link is gone. It is noticed and mended.
case_lost_link_is_noticed() {
	secret=$(place /vm/secret)/f
	before=$(status links)
	denied no_rule r "$secret"
	daemon_end KILL
	/vm/bin/objects unpin /sys/fs/bpf/writ/links/file_open || fail 'it was not removed'
	await 10 act_may open r "$secret" || fail 'it was not this link that denied'
	daemon_must_start
	contains 'what writd says' 'upgraded' "$(cat /run/writd.log)"
	want 'links' "$before" "$(status links)"
	mark
	denied no_rule r "$secret"
}

case_unload() {
	secret=$(place /vm/secret)/f
	denied no_rule r "$secret"
	daemon_end TERM
	mark
	writd --unload || fail 'writd --unload failed'
	/vm/bin/audit find "$mark" 1 type=daemon event=unloaded || fail 'the log lacks it'
	[ ! -e /sys/fs/bpf/writ ] || fail 'pins are left'
	want 'programs that are left' '' "$(/vm/bin/objects programs)"
	try ok open r "$secret"
	# the tests themselves: without programs they must fail
	(denied no_rule r "$secret") && fail 'a denial was seen with nothing attached'
	rm -f /tmp/reason
	daemon_unfit
}

case_processes_that_were_there_before() {
	secret=$(place /vm/secret)/f
	! daemon_runs || daemon_end TERM
	writd --unload
	await 10 act_may open r "$secret" || fail 'still enforced'
	rm -f /tmp/go /tmp/out /tmp/out2
	(become "$group" $act open r "$secret" until /tmp/go open r "$secret") >/tmp/out &
	one=$!
	(become "$group/child" $act thread until /tmp/go open r "$secret") >/tmp/out2 &
	two=$!
	await 20 grep -q ok /tmp/out
	await 20 grep -q ok /tmp/out2
	daemon_fresh
	echo $two >$root/cgroup.procs
	: >/tmp/go
	wait $one $two
	want 'a process' 'ok ok EPERM' "$(cat /tmp/out)"
	seen deny open no_rule "$secret"
	want 'a thread, moved out before it did anything' 'ok ok EPERM' "$(cat /tmp/out2)"
}

case_deep_cgroups_are_no_obstacle() {
	below=/vm/deep
	for level in $(seq 40); do
		below=$below/$level
	done
	mkdir -p "$root$below" "$root$group/a/b"
	trap 'rmdir -p "$root$below" 2>/dev/null' EXIT
	reload policy_applied
	denied no_rule r "$(place /vm/secret)/f"
}

# Somebody else moves the log away: a new segment begins, and the one that is gone is missed until
# it is back in its place.
case_log_is_moved_away() {
	secret=$(place /vm/secret)/f
	denied no_rule r "$secret"
	old=/var/log/writ/taken
	mv $log $old
	try EPERM open r "$secret"
	await 10 test -e $log || fail 'no new log'
	mark=0
	seen deny open no_rule "$secret"
	if writ audit verify >/tmp/verify 2>&1; then
		fail 'a segment is missing, and verify does not say so'
	fi
	number=$(sed -n '1s/.*"segment":\([0-9]*\),.*/\1/p' $old)
	mv $old "/var/log/writ/audit-$(printf %08d "$number").jsonl"
	writ audit verify >/tmp/verify 2>&1 || fail "$(cat /tmp/verify)"
	try EPERM open r "$secret"
	whole
}
