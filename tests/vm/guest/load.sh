# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=dash disable=SC2154,SC2034
# Extremes of policy: none, one that concerns nobody, and five megabytes of it. And a strict one, on
# a kernel that it does not accept.

begin_fresh=empty_policy

with_policy() {
	rm -rf $policy
	mkdir $policy
}

case_empty_policy() {
	path=$(place /vm/secret)/f
	with_policy
	daemon_fresh
	want 'agents' 0 "$(status agents)"
	want 'links' $(($(status programs) - $(status lacking))) "$(status links)"
	try ok open r "$path" # nobody is an agent
	want 'records' 6 "$(status records)" # a canary's, that writd claimed, started and has a policy
	standard_policy
	reload policy_applied
	denied no_rule r "$path"
}

# node [LINE]: the policy's Node, with a line more.
node() {
	printf 'apiVersion: writ/v1\nkind: Node\nname: vm\nenvironment: test\n%s\n' "$1" \
		>$policy/node.yaml
}

says_what_is_lost() {
	contains 'what writd says' "this kernel lacks the hook inode_file_setattr: a test's loss" \
		"$(cat /run/writd.log)"
}

# A Node is strict unless it says otherwise: at a first start, and when policy is applied again.
case_lost_hook_is_refused_unless_accepted() {
	writd --check | grep -q '^lost inode_file_setattr' || skip 'this kernel lacks no such hook'
	daemon_end TERM
	writd --unload
	cp /vm/bin/lossy /usr/sbin # its children lie beside it
	daemon_program=/usr/sbin/lossy
	node
	daemon_start && fail 'a strict Node accepted it'
	says_what_is_lost
	contains 'what writd says' 'strict: false' "$(cat /run/writd.log)"
	[ ! -e /sys/fs/bpf/writ ] || fail 'pins are left'
	want 'programs that are left' '' "$(/vm/bin/objects programs)"
	node 'strict: false'
	daemon_must_start
	says_what_is_lost
	held
	before=$(status generation)
	: >/run/writd.log
	node 'strict: true'
	reload policy_refused
	says_what_is_lost
	want 'generation' "$before" "$(status generation)"
	held
	standard_policy
	daemon_program=writd
	daemon_end KILL
	daemon_must_start
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
	reload policy_applied
	before=$(status records)
	path=$(place /vm/secret)/f
	free 300 repeat 300 r "$path"
	free ok bomb 100 "$path"
	free ok connect udp 127.0.0.1 9
	want 'in a cgroup of nobody' ok "$(as /vm/elsewhere $act open r "$path")"
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
	wait_seconds=60
	reload policy_applied
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
