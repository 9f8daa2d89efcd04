# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=dash disable=SC2154
# writ-forward, the process that gives the log's lines to others: an operator and a sink get them as
# they come, also those of the time in which it was dead, and no agent gets at it.

live=/run/writ/audit.sock

# node LINE...: the Node of this family; what is given stands in its `audit:`.
node() {
	grep -q ^keepers: /etc/group || {
		printf '%s\n' alice:x:2001:2001::/:/bin/sh mallory:x:2004:2004::/:/bin/sh >>/etc/passwd
		printf '%s\n' keepers:x:3000:alice >>/etc/group
	}
	printf '%s\n' 'apiVersion: writ/v1' 'kind: Node' 'name: vm' 'environment: test' \
		'operators: {group: keepers}' 'audit:' '  sync: none' "$@" >/tmp/node.yaml
	cmp -s /tmp/node.yaml $policy/node.yaml || {
		cp /tmp/node.yaml $policy/node.yaml
		reload policy_applied
	}
	await 20 serves || fail "writ-forward does not serve: $(tail -n 5 /run/writd.log)"
}

serves() {
	[ "$(of_sink live state)" = current ]
}

lives() {
	[ "$(status forward)" -gt 0 ]
}

is_gone() {
	[ "$(status forward)" = 0 ]
}

# of_sink NAME KEY: a number or word of `writ status --json`.
of_sink() {
	writ status --json | tr -d '\n ' | sed 's/},{/}\n{/g; s/"sinks":\[/\n/' | grep "\"name\":\"$1\"" |
		sed "s/.*\"$2\":\"\{0,1\}\([^\",}]*\).*/\1/"
}

alice() {
	$act person 2001 3000 exec /usr/bin/writ writ "$@"
}

# What no operator is.
mallory() {
	$act person 2004 2004 exec /usr/bin/writ writ "$@" 2>&1
}

# Alice reads along, into files of the case's own: $lines, and in $errors what she is told beside.
subscribe() {
	lines=/tmp/lines.$name
	errors=/tmp/errors.$name
	before=$(of_sink live sent_lines)
	(exec $act person 2001 3000 exec /usr/bin/writ writ audit tail -f --json) >"$lines" 2>"$errors" &
	subscriber=$!
	await 20 has_begun || fail "she is not served: $(cat "$errors")"
}

# She is told where she begins before there is a line for her.
has_begun() {
	[ "$(of_sink live sent_lines)" -gt "$before" ]
}

receive() {
	/vm/bin/receive /run/sink.sock /tmp/sink &
	receiver=$!
}

# Those lines behind the mark that FILE lacks, by what tells lines apart.
lacks() {
	tail -c "+$((mark + 1))" $log | sed -n 's/.*"chain":"\([0-9a-f]*\)"}$/\1/p' | sort >/tmp/wanted
	sed -n 's/.*"chain":"\([0-9a-f]*\)"}$/\1/p' "$1" | sort -u >/tmp/got
	[ -s /tmp/wanted ] || fail 'the log has no lines'
	grep -vxFf /tmp/got /tmp/wanted
}

has_all() {
	[ -z "$(lacks "$1")" ]
}

case_operator_sees_a_denial() {
	node
	secret
	want 'the log for her' EACCES "$($act person 2001 3000 open r $log | sed 's/^ok //')"
	subscribe
	try EPERM open r "$path"
	await $wait_seconds grep -q "\"object\":\"$path\",\"verdict\":\"deny\"" "$lines" ||
		fail "she does not see it: $(tail -n 3 "$lines")"
	want 'what she is told beside lines' '' "$(cat "$errors")"
	kill $subscriber
	contains 'for others' 'no permission' "$(mallory audit tail -f)"
	held
}

case_agent_gets_at_nothing() {
	node
	forward=$(status forward)
	read -r worker _ <"/proc/$forward/task/$forward/children"
	for one in able opened; do
		agent $one "/vm/$one/$name"
		mark
		free ok unix $live
		try EPERM unix $live
		seen deny connect protected $live
		try EPERM pin_unlink /usr/sbin/writ-forward # it runs, so nobody may write it
		seen deny unlink protected /usr/sbin/writ-forward
		chmod 777 /var/lib/writ-forward # else its mode refuses first
		free ok open rwc /var/lib/writ-forward/theirs
		try EPERM open rwc /var/lib/writ-forward/mine
		chmod 700 /var/lib/writ-forward
		found type=decision "agent=$who" verdict=deny reason=protected object=/var/lib/writ-forward/mine
	done
	agent able "/vm/able/$name"
	mark
	try EPERM signal "$forward" 9
	seen deny signal protected ''
	try EPERM signal "$worker" 9 # writd did not start it, so a role may open it
	seen deny signal guardrail "$worker writ-forward signal 9"
	want 'its process' "$forward" "$(status forward)"
	free ok signal "$worker" 0
	held
}

# Killed for good, its program taken away: lines wait in the log, an alarm is raised, nothing else
# waits; when it is back, operator and sink get all.
case_killed_it_misses_nothing() {
	receive
	node '  sinks: [{name: local, type: syslog, address: /run/sink.sock}]'
	secret
	subscribe
	mark
	try EPERM open r "$path"
	await $wait_seconds has_all "$lines" || fail "she lacks $(lacks "$lines")"
	await $wait_seconds has_all /tmp/sink || fail "the sink lacks $(lacks /tmp/sink)"
	kill -KILL "$(status forward)"
	try EPERM open r "$path"
	found type=daemon event=forward_died
	await 20 lives || fail 'writ-forward does not come back'
	mv /usr/sbin/writ-forward /usr/sbin/away
	kill -KILL "$(status forward)"
	await 20 is_gone || fail 'it lives without its program'
	try ok repeat 50 r "$path"
	found type=daemon event=forward_failing
	want 'issuance is held' false "$(status frozen)"
	settle
	[ "$(lacks "$lines" | wc -l)" -ge 50 ] || fail 'somebody gives her lines'
	[ "$(lacks /tmp/sink | wc -l)" -ge 50 ] || fail 'somebody gives lines to the sink'
	mv /usr/sbin/away /usr/sbin/writ-forward
	await 60 lives || fail 'writ-forward does not come back'
	await 20 has_all "$lines" || fail "she lacks $(lacks "$lines" | wc -l) lines"
	await 20 has_all /tmp/sink || fail "the sink lacks $(lacks /tmp/sink | wc -l) lines"
	want 'what she is told beside lines' '' "$(cat "$errors")"
	want 'lines that she has twice' '' "$(sort "$lines" | uniq -d)"
	kill $subscriber $receiver
	held
}

# A policy with other sinks is taken over at once; one with the same disturbs nobody.
case_policy_with_other_sinks() {
	receive
	node '  sinks: [{name: local, type: syslog, address: /run/sink.sock}]'
	subscribe
	ready=$(grep -c 'writ-forward: ready' /run/writd.log)
	reload policy_applied
	node '  sinks: [{name: another, type: syslog, address: /run/sink.sock}]'
	mark=0 # it is new: it gets all that there is
	await $wait_seconds has_all /tmp/sink || fail "the sink lacks $(lacks /tmp/sink | wc -l) lines"
	want 'state' current "$(of_sink another state)"
	want 'its policies' $((ready + 1)) "$(grep -c 'writ-forward: ready' /run/writd.log)"
	secret
	mark
	try EPERM open r "$path"
	await $wait_seconds has_all "$lines" || fail "she lacks $(lacks "$lines")"
	kill $subscriber $receiver
	held
}

case_process_is_confined() {
	clock_is hpet
	node
	contains 'its row' '"name": "writ-forward"' "$(writ status --security --json)"
	forward=$(status forward)
	read -r worker _ <"/proc/$forward/task/$forward/children"
	for one in "$forward" "$worker"; do
		[ -r "/proc/$one/status" ] || fail "there is no process $one"
		want 'user' 996 "$(awk '/^Uid:/ { print $2 $3 $4 }' "/proc/$one/status" | sed 's/996996996/996/')"
		want 'groups' 997 "$(awk '/^Groups:/ { print $2 $3 }' "/proc/$one/status")"
		want 'capabilities' 0000000000000000 "$(awk '/^CapPrm:/ { print $2 }' "/proc/$one/status")"
		want 'no new privileges' 1 "$(awk '/^NoNewPrivs:/ { print $2 }' "/proc/$one/status")"
		want 'seccomp' 2 "$(awk '/^Seccomp:/ { print $2 }' "/proc/$one/status")"
	done
	# the kernel notes each call that writd's list, which it inherits, refused
	want 'refused calls' '' "$(dmesg | grep 'type=1326.*comm="writ-forward"' |
		sed 's/.*\(syscall=[0-9]*\).*/\1/' | sort -u | tr '\n' ' ')"
	held
}

# What an alert executes must be known when writd starts; then it is executed, and can do little.
case_alert_has_a_command() {
	printf '%s\n' '#!/usr/bin/dash' 'echo x >/tmp/elsewhere' 'cat >/var/lib/writ-forward/told' \
		>/vm/bin/tell
	chmod 755 /vm/bin/tell
	node
	sed 's|sync: none|&\n  alerts: [{name: one, when: denials, command: [/vm/bin/tell]}]|' \
		/tmp/node.yaml >$policy/node.yaml
	reload policy_refused
	contains 'what writd says' '/vm/bin/tell' "$(grep 'restart writd with this policy' /run/writd.log)"
	daemon_end TERM
	daemon_must_start
	await 20 lives || fail "writ-forward does not run: $(tail -n 5 /run/writd.log)"
	await 20 alerts_are_current || fail "the alerts are $(of_sink alerts state)"
	secret
	try EPERM open r "$path"
	await 20 grep -q "$path" /var/lib/writ-forward/told || fail "nobody is told: $(of_sink alerts error)"
	contains 'the message' '"alert":"one"' "$(cat /var/lib/writ-forward/told)"
	[ ! -e /tmp/elsewhere ] || ! has_landlock || fail 'the command writes where it likes'
	held
}

alerts_are_current() {
	[ "$(of_sink alerts state)" = current ]
}

has_landlock() {
	grep -q landlock /sys/kernel/security/lsm
}
