# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=dash disable=SC2154
# The policy verbs against the kernel that enforces: explain, apply, check.

# --- explain --------------------------------------------------------------------------------------

# plan: questions of a seed whose policy gives every reason; the seed in $seed.
plan() {
	seed=$(cat /vm/seed)
	for _ in 1 2 3 4 5 6 7 8; do
		/vm/bin/ask policy "$seed" >$policy/ask.yaml
		/vm/bin/ask plan "$seed" 1200 $policy /run/asked >/run/ask.out 2>&1
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

# The states of all grants of the agents that ask, as `writ grants` has them.
states() {
	writ grants --all --json | sed -n 's/^ *"state": "\(.*\)",\{0,1\}$/\1/p' | sort | uniq -c |
		tr -s ' \n' ' '
}

have_expired() {
	! writ grants --all | grep -q ' [01]s '
}

# More than a thousand random acts of four agents, each decided by the kernel as explain says: the
# verdict, the reason, the rule, the grant. The seed is tests/vm/run's; SEED=N sets it.
case_explain_agrees_with_the_kernel() {
	plan
	writ policy apply $policy || fail 'writ policy apply failed'
	/vm/bin/ask tree /vm/bin/tiny || fail 'no files'
	for i in 0 1 2 3; do
		mkdir -p "$root/vm/asker-$i"
	done
	issue_all >/run/ask.ids || exit 1
	writ grants --all | head -40
	sleep 2
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
