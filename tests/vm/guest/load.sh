# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=dash disable=SC2154
# Extremes: no policy, a very large one, a ring that is too small.

with_policy() {
	rm -rf $policy
	mkdir $policy
}

case_empty_policy() {
	path=$(place /vm/secret)/f
	with_policy
	daemon_fresh
	want 'agents' 0 "$(status agents)"
	want 'links' 9 "$(status links)"
	try ok open r "$path" # nobody is an agent
	want 'records' 3 "$(status records)"
	standard_policy
	reload policy_applied
	denied no_rule r "$path"
}

case_policy_whose_agent_is_nowhere() {
	with_policy
	cat >$policy/p.yaml <<-END
		apiVersion: writ/v1
		kind: Role
		name: nothing
		---
		apiVersion: writ/v1
		kind: Agent
		name: nowhere
		match: {cgroup: "/vm/nowhere"}
		role: nothing
	END
	daemon_fresh
	before=$(status records)
	path=$(place /vm/secret)/f
	free 300 repeat 300 r "$path"
	free ok bomb 100 "$path"
	free ok connect udp 127.0.0.1 9
	try ok open r "$path"
	want 'records' "$before" "$(status records)"
	agent nowhere /vm/nowhere
	mark
	free 'ok ok EPERM' procs "$root$group/cgroup.procs" join open r "$path"
	seen deny open no_rule "$path"
	standard_policy
	reload policy_applied
}

# big ROLES: five megabytes of rules.
big() {
	awk -v roles="$1" 'BEGIN {
		for (role = 0; role < roles; role++) {
			printf "apiVersion: writ/v1\nkind: Role\nname: big-%d\nfiles:\n", role
			printf "  - {path: \"/vm/bin/**\", allow: [read, execute, map]}\n"
			for (size = 0; size < 5000000 / roles; size += length(line) + 1) {
				line = sprintf("  - {path: \"/srv/t-%04d/project-%06d/data/of/the/quarter/**\"," \
					" allow: [read, write]}", n % 997, n)
				n++
				print line
			}
			printf "---\napiVersion: writ/v1\nkind: Agent\nname: big-%d\n", role
			printf "match: {cgroup: \"/vm/big-%d\"}\nrole: big-%d\n", role, role
			if (role < roles - 1)
				print "---"
		}
	}'
}

case_large_policy() {
	with_policy
	big 4 >$policy/big.yaml
	[ "$(stat -c %s $policy/big.yaml)" -gt 5000000 ] || fail 'it is not large'
	daemon_fresh
	want 'roles' 4 "$(status roles)"
	agent big-3 /vm/big-3
	number=$(grep -o 'project-[0-9]*' $policy/big.yaml | tail -n 1)
	tenant=$(grep "$number" $policy/big.yaml | grep -o '/t-[0-9]*')
	mark
	for path in "/srv$tenant/$number/data/of/the/quarter" "/srv$tenant/$number/data/of/the"; do
		mkdir -p "$path"
		echo x >"$path/f"
	done
	allowed role r "/srv$tenant/$number/data/of/the/quarter/f"
	allowed role w "/srv$tenant/$number/data/of/the/quarter/f"
	denied no_rule r "/srv$tenant/$number/data/of/the/f"
	standard_policy
	reload policy_applied
}

case_policy_that_is_too_large() {
	before=$(status generation)
	big 1 >$policy/big.yaml
	: >/run/writd.log
	reload policy_refused
	contains 'what writd says' 'big.yaml:*big-0' "$(cat /run/writd.log)"
	want 'generation' "$before" "$(status generation)"
	held
	rm $policy/big.yaml
}

case_ring_too_small_is_no_way_out() {
	daemon_fresh --ring-size 4096
	secret=$(place /vm/secret)/f
	read=$(place /vm/data/read)/f
	contains 'ring' '"ring":{"bytes":4096,' "$(writ status --json | tr -d ' \n')"
	kill -STOP "$(daemon_pid)"
	free 'ok ok' open r "$read" open r "$secret"
	try ok repeat 200 r "$secret"
	try 200 repeat 200 r "$read"
	kill -CONT "$(daemon_pid)"
	mark=0
	found type=gap reason=ring_full
	await 5 false # the counters are read once a second
	settle
	lost=$(status lost)
	[ "$lost" -ge 300 ] || fail "only $lost records were lost"
	want 'missing in the log' "$lost" "$(status events_missing)"
	want 'written and missing' $(($(status records) - 3)) \
		$(($(status events_written) + $(status events_missing)))
	/vm/bin/audit whole 3 >/tmp/whole || fail "$(cat /tmp/whole)"
	daemon_fresh
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
	settle
	[ "$(status lost)" -ge 150 ] || fail 'the ring was not full'
	want 'missing in the log' "$(status lost)" "$(status events_missing)"
	/vm/bin/audit whole 6 >/tmp/whole || fail "$(cat /tmp/whole)"
	daemon_fresh
}

# Killed between the loss and the next look at the counters.
case_loss_is_told_by_the_next_writd() {
	daemon_fresh --ring-size 4096
	secret=$(place /vm/secret)/f
	kill -STOP "$(daemon_pid)"
	try ok repeat 100 r "$secret"
	kill -CONT "$(daemon_pid)"
	mark=0
	found object="$secret"
	daemon_end KILL
	daemon_must_start
	settle
	[ "$(status lost)" -ge 50 ] || fail 'the ring was not full'
	/vm/bin/audit whole 6 >/tmp/whole || fail "$(cat /tmp/whole)"
	daemon_fresh
}
