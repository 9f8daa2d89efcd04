# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=dash disable=SC2154
# The techniques of tests/escape: each is a case, by the name of its file. Unmanaged it must succeed;
# as the agent it must be refused, with the record that its header expects.

escape=/vm/escape/bin/escape
techniques=/vm/escape/techniques
outside=/vm/prepare # an unmanaged cgroup: what prepare leaves running ends with the attempt

# What the header line of this technique says in FIELD.
field() {
	awk -F '\t' -v name="$name" -v field="$1" '$1 == name { print $field }' $techniques
}

# directories ROLE: $box and $secret for one of the two, made anew.
directories() {
	box=/vm/box/$name/$1
	secret=/vm/secret/$name/$1
	rm -rf "$box" "$secret"
	mkdir -p "$box" "$secret"
	as $outside $escape prepare "$name" "$box" "$secret" >/tmp/said 2>&1 ||
		fail "$1: prepare: $(head -c 300 /tmp/said)"
}

# attempt WHO EXPECTED [CGROUP]: its last word; what it said before that explains.
attempt() {
	$escape attempt "$name" "$box" "$secret" ${3:+"$3"} >/tmp/said 2>&1
	said=$(tail -n 1 /tmp/said)
	echo 1 >"$root$outside/cgroup.kill"
	[ "$said" != skip ] || skip "$1: $(head -n 1 /tmp/said)"
	[ "$said" = "$2" ] || fail "$1: expected '$2', got: $(head -c 300 /tmp/said) $said"
}

# The log has what FIELD 4 wants, each of them; `nothing recorded` wants nothing.
recorded() {
	field 4 | tr ';' '\n' >/tmp/expect
	while read -r tests; do
		[ "${tests#nothing recorded}" = "$tests" ] || continue
		# shellcheck disable=SC2086 # words
		found type=decision agent=escapee verdict=deny $tests
	done </tmp/expect
}

# A plain forbidden act: without it nobody knows whether this agent is held at all.
plain() {
	echo plain >"/vm/secret/$name/plain"
	$escape held "/vm/secret/$name/plain" && fail 'an unmanaged process can not read either'
	as "$group" $escape held "/vm/secret/$name/plain" || fail 'the agent is not held at all'
	seen deny open no_rule "/vm/secret/$name/plain"
}

technique() {
	echo "kernel $(uname -r)"
	agent escapee /vm/escape
	directories control
	attempt control succeeded
	directories agent
	case $(field 3) in
	nothing*) attempt agent succeeded $root/vm/escape ;;
	*) attempt agent refused $root/vm/escape ;;
	esac
	recorded
	plain
	echo 1 >$root/vm/escape/cgroup.kill
}
