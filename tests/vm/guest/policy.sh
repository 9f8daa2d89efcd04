# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=dash disable=SC2154
# The policy verbs against the kernel that enforces: explain, apply, check.

# --- explain --------------------------------------------------------------------------------------

# plan: questions of a seed whose policy gives every reason; the seed in $seed.
plan() {
	seed=$(cat /vm/seed)
	for _ in 1 2 3 4 5 6 7 8; do
		/vm/bin/ask policy "$seed" >$policy/ask.yaml
		/vm/bin/ask plan "$seed" 2000 $policy /run/asked >/run/ask.out 2>&1
		planned=$?
		echo "seed $seed: status $planned$(cat /run/ask.out)"
		[ $planned = 3 ] || break
		seed=$((seed + 1))
	done
	[ $planned = 0 ] || fail "no questions from seed $seed: $(cat /run/ask.out)"
}

# issue AGENT PLAYBOOK SERVICE STATE: a grant in that state, or soon in it; its number on stdout.
issue() {
	times='--ttl 1h'
	case $4 in
	expired) times='--ttl 1s' ;;
	pending) times='--delay 30m --ttl 1h' ;;
	esac
	# shellcheck disable=SC2086 # words
	writ grant "$2" --agent "$1" "service=$3" $times --json >/run/ask.grant ||
		fail "no grant of $2 to $1"
	issued=$(value grant </run/ask.grant)
	if [ "$4" = revoked ]; then
		writ revoke "$issued" >/dev/null || fail "grant $issued can't be revoked"
	fi
	echo "$issued"
}

issue_all() {
	/vm/bin/ask grants "$seed" >/run/ask.grants
	while read -r asker playbook service state; do
		issue "$asker" "$playbook" "$service" "$state"
	done </run/ask.grants
}

# Of these agents; other ones' grants may run out meanwhile.
expired_are() {
	[ "$(writ grants --all | grep ' asker-' | grep -c ' expired ')" = "$1" ]
}

# Two thousand random acts of four agents, each decided by the kernel as explain says: the
# verdict, the reason, the rule, the grant. The seed is tests/vm/run's; SEED=N sets it.
case_explain_agrees_with_the_kernel() {
	plan
	writ policy apply $policy || fail 'writ policy apply failed'
	/vm/bin/ask tree /vm/bin/tiny || fail 'no files'
	for i in 0 1 2 3; do
		mkdir -p "$root/vm/asker-$i"
	done
	issue_all >/run/ask.ids || exit 1
	await 20 expired_are "$(grep -c expired /run/ask.grants)" || fail "$(writ grants --all)"
	mark
	/vm/bin/ask act /run/asked || fail 'the agents did not come to the end of their questions'
	settle
	/vm/bin/ask judge /run/asked /run/ask.ids "$mark" >/run/ask.out
	differ=$?
	cat /run/ask.out
	[ $differ = 0 ] || fail "seed $seed: $(cat /run/ask.out)"
	held
	standard_policy
	reload policy_applied
}

# --- apply ----------------------------------------------------------------------------------------

# apply STATUS PATTERN ARGUMENT...: what it must say, and that it says `applied` only with status 0.
apply() {
	expected=$1
	pattern=$2
	shift 2
	said=$(writ policy apply "$@" 2>&1)
	want "status of policy apply $*" "$expected" $?
	contains "policy apply $*" "$pattern" "$said"
	[ "$expected" = 0 ] || case $said in
	*'applied, generation'*) fail "policy apply $* says applied: $said" ;;
	esac
}

# in_force: the standard policy's rules are, for this case's agent.
in_force() {
	want 'generation' "$before" "$(status generation)"
	try 'ok EPERM' open r "$read" open r "$secret"
}

running() {
	read=$(place /vm/data/read)/f
	secret=$(place /vm/secret)/f
	before=$(status generation)
	in_force
}

standard_again() {
	standard_policy
	apply 0 applied $policy
	mark
	allowed role r "$read"
	denied no_rule r "$secret"
}

# One process does the same before and after: what is new is allowed, what is gone is refused.
case_apply_reaches_a_running_process() {
	running
	rm -f /tmp/go /tmp/out
	(become "$group" $act open r "$read" open r "$secret" until /tmp/go open r "$read" \
		open r "$secret") >/tmp/out &
	process=$!
	await 20 grep -q EPERM /tmp/out
	sed -i "s|/vm/data/read/|/vm/secret/|" $policy/roles.yaml
	apply 0 "applied, generation $((before + 1)): read back and proven" $policy
	want 'generation' $((before + 1)) "$(status generation)"
	found type=daemon event=policy_applied "generation=$((before + 1))"
	: >/tmp/go
	wait $process
	want 'before and after' 'ok EPERM ok EPERM ok' "$(cat /tmp/out)"
	seen deny open no_rule "$read"
	seen allow open role "$secret"
	standard_again
}

# What is wrong with a policy is told with its place, writd is not asked, and what runs goes on.
case_apply_of_a_broken_policy() {
	running
	echo 'kind: [' >$policy/broken.yaml
	apply 1 'broken.yaml:2:1: ' $policy
	in_force
	printf 'apiVersion: writ/v1\nkind: Role\nname: broken\nfiles:\n  - {path: /x, alow: [read]}\n' \
		>$policy/broken.yaml
	apply 1 'broken.yaml:5:16: ' $policy
	contains 'what it says' 'not applied, the running policy stays' "$said"
	said=$(writ policy apply --json $policy 2>/dev/null)
	want 'status' 1 $?
	want 'line in JSON' 5 "$(printf '%s\n' "$said" | value line)"
	in_force
	sed -i 's/worker$/nobody/' $policy/agents.yaml # a role that there is not
	rm $policy/broken.yaml
	apply 1 'agents.yaml:8:7: no Role is named "nobody"' $policy
	in_force
	standard_policy
	cat >$policy/broken.yaml <<-END
		apiVersion: writ/v1
		kind: Role
		name: broken
		files:
		  - {path: "/x/**b????????????????????????", allow: [read]}
	END
	apply 1 'broken.yaml:5:5: too many states' $policy
	in_force
	mark
	held
	standard_policy
}

# A grant keeps the rules that it was issued with until it ends; those to come have the new ones.
case_apply_and_live_grants() {
	running
	agent holder-union /vm/holder-union
	mkdir -p /vm/grants/stays
	path=/vm/grants/stays/f
	echo content >$path
	denied no_rule r $path
	mark
	writ grant tend --agent holder-union service=stays --json >/tmp/grant || fail 'no grant'
	grant=$(value grant </tmp/grant)
	allowed grant r $path
	sed -i 's|/vm/grants/{service}/\*\*", allow: \[read\]|/vm/grants/{service}/g", allow: [read]|' \
		$policy/playbooks.yaml
	apply 0 applied $policy
	mark
	allowed grant r $path
	seen allow open grant $path "grant=$grant" playbook=tend
	sed -i '/^playbooks: /s/ tend,//' $policy/roles.yaml
	apply 0 applied $policy
	said=$(writ grant tend --agent holder-union service=stays 2>&1)
	want 'status of a grant that policy has no more' 5 $?
	contains 'what it says' 'may not use' "$said"
	found type=grant event=revoked "grant=$grant"
	free 'ok ok EPERM' procs "$root$group/cgroup.procs" join open r $path
	seen deny open revoked $path
	agent worker "/vm/worker/$name"
	standard_again
}

case_apply_from_other_paths() {
	running
	cd /run || fail 'no /run'
	apply 0 applied policy
	apply 0 applied ./policy/../policy/
	cd $policy || fail 'no policy'
	apply 0 applied .
	ln -sfn $policy /tmp/policy-link
	apply 0 applied /tmp/policy-link
	want 'generation' $((before + 4)) "$(status generation)"
	before=$((before + 4))
	cp -a $policy /tmp/policy-copy
	apply 1 "reads its policy from $policy, not from /tmp/policy-copy" /tmp/policy-copy
	apply 1 /etc/writ/policy # where it is looked for by default, and is not
	apply 1 policy/none policy/none
	apply 2 'policy apply' a b
	rm -rf /tmp/policy-copy /tmp/policy-link
	in_force
	held
}

# Its directory goes away: by name it is not found, and from inside it is not the one that writd
# reads. Nothing is read as an empty policy.
case_apply_of_a_vanished_directory() {
	running
	cd $policy || fail 'no policy'
	mv $policy /run/gone
	apply 1 $policy $policy
	apply 1 '/run/gone' .
	rm -rf /run/gone
	apply 1 "reads its policy from $policy, not from ." .
	reload policy_refused
	in_force
	cd / || fail 'no /'
	standard_policy
	apply 0 applied $policy
	held
}

# No document is a policy, too: nobody is an agent any more, and who was one is denied.
case_apply_of_an_empty_directory() {
	running
	agent holder-union /vm/holder-union
	mkdir -p /vm/grants/empty
	path=/vm/grants/empty/f
	echo content >$path
	writ grant tend --agent holder-union service=empty >/dev/null || fail 'no grant'
	allowed grant r $path
	agent worker "/vm/worker/$name"
	rm -rf $policy
	mkdir $policy
	said=$(writ policy apply --json $policy) || fail 'it was refused'
	want 'generation in JSON' $((before + 1)) "$(printf '%s\n' "$said" | value generation)"
	want 'agents in JSON' 0 "$(printf '%s\n' "$said" | value agents)"
	free 'ok ok EPERM' procs "$root$group/cgroup.procs" join open r "$read"
	seen deny open no_rule "$read"
	agent holder-union /vm/holder-union
	free 'ok ok EPERM' procs "$root$group/cgroup.procs" join open r $path
	seen deny open revoked $path
	agent worker "/vm/worker/$name"
	standard_again
}

case_apply_without_writd() {
	running
	daemon_end KILL
	sed -i 's|/vm/data/read/|/vm/secret/|' $policy/roles.yaml
	apply 3 'systemctl' $policy
	try 'ok EPERM' open r "$read" open r "$secret"
	standard_policy
	daemon_must_start
	held
}

# --- check ----------------------------------------------------------------------------------------

# The kernel asks for the path behind the link, so the rule allows nothing: and check says so.
case_check_warns_of_symlink() {
	real=$(place /vm/secret)
	ln -sfn "$real" /vm/data/linked
	sed -i 's|/vm/data/read/|/vm/data/linked/|' $policy/roles.yaml
	said=$(writ policy check $policy)
	want 'status of policy check' 0 $?
	contains 'policy check' 'roles.yaml:12:5: warning: ' "$said"
	contains 'policy check' /vm/data/linked "$said"
	apply 0 applied $policy
	mark
	denied no_rule r /vm/data/linked/f "$real/f"
	sed -i "s|/vm/data/linked/|$real/|" $policy/roles.yaml
	said=$(writ policy check $policy)
	contains 'policy check' '0 errors' "$said"
	case $said in
	*roles.yaml:12:*) fail "it warns without a link: $said" ;;
	esac
	apply 0 applied $policy
	mark
	allowed role r /vm/data/linked/f "$real/f"
	rm /vm/data/linked
	standard_policy
	apply 0 applied $policy
	held
}
