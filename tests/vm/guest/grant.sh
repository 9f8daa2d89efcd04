# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=dash disable=SC2154,SC2034
# Grants: their time, their order, their number, and what is refused.

# holder: the case's own agent, and a place that only a grant opens.
holder() {
	service=$1
	agent "holder-$service" "/vm/holder-$service"
	mkdir -p "/vm/grants/$service/never"
	path=/vm/grants/$service/f
	echo content >"$path"
	denied no_rule r "$path"
	mark
}

# grant PLAYBOOK OPTION...: to the agent at hand; its number in $grant.
grant() {
	playbook=$1
	shift
	writ grant "$playbook" --agent "$who" "$@" --json >/tmp/grant ||
		fail "no grant of $playbook $*"
	grant=$(value grant </tmp/grant)
}

mend() {
	grant mend "service=$service" --ticket CHG-1842 "$@"
}

# refuse PATTERN ARGUMENT...
refuse() {
	pattern=$1
	shift
	said=$(writ grant "$@" 2>&1)
	[ $? -ne 0 ] || fail "writ grant $* was not refused"
	contains "writ grant $*" "$pattern" "$said"
}

has_expired() {
	writ grants --all | grep -E "^$grant .* expired "
}

wait_until_expired() {
	await 30 has_expired || fail "grant $grant does not expire: $(writ grants --all)"
}

case_within_its_time() {
	holder within
	mend --ttl 5m
	found type=grant event=issued "grant=$grant" playbook=mend ticket=CHG-1842 operator=root \
		parameters=service=within
	allowed grant r "$path"
	seen allow open grant "$path" "grant=$grant" playbook=mend ticket=CHG-1842 operator=root \
		"rule^=playbooks.yaml:"
	try ok open rwc "/vm/grants/within/new"
	denied no_rule r "$(place /vm/grants/elsewhere)/f"
	agent holder-deny /vm/holder-deny # another agent has nothing of it
	denied no_rule r "$path"
}

case_deny_rule_of_a_grant() {
	holder deny
	mend
	echo x >/vm/grants/deny/never/f
	allowed grant r "$path"
	denied grant_deny r /vm/grants/deny/never/f
}

case_expires() {
	holder ends
	mend --ttl 3s
	try ok open r "$path"
	seen allow open grant "$path" "grant=$grant"
	wait_until_expired
	mark
	denied expired r "$path"
	seen deny open expired "$path" "grant=$grant" playbook=mend "seconds_left^=-"
	want 'live grants' 0 "$(writ grants --json | grep -c holder-ends)"
	/vm/bin/audit find 0 10 type=grant event=expired "grant=$grant" || fail 'the log lacks its end'
}

case_expires_while_writd_is_dead() {
	holder dead
	mend --ttl 6s
	try ok open r "$path"
	daemon_end KILL
	try ok open r "$path"
	until [ "$(as "$group" $act open r "$path")" = 'EPERM ' ]; do
		tries=$((${tries:-0} + 1))
		[ $tries -lt 100 ] || fail 'it does not expire'
		sleep 0.2
	done
	free ok open r "$path"
	daemon_must_start
	seen allow open grant "$path" "grant=$grant"
	seen deny open expired "$path" "grant=$grant" playbook=mend
	found type=grant event=expired "grant=$grant"
	denied expired r "$path"
}

case_begins_later() {
	holder later
	mend --delay 4s --ttl 5m
	contains 'state' pending "$(writ grants)"
	denied not_yet_active r "$path"
	seen deny open not_yet_active "$path" "grant=$grant"
	until [ "$(as "$group" $act open r "$path")" = 'ok ' ]; do
		tries=$((${tries:-0} + 1))
		[ $tries -lt 100 ] || fail 'it does not begin'
		sleep 0.2
	done
	seen allow open grant "$path" "grant=$grant"
}

case_revoked() {
	holder revoked
	mend
	allowed grant r "$path"
	writ revoke "$grant" >/dev/null || fail 'writ revoke failed'
	found type=grant event=revoked "grant=$grant" by=root
	denied revoked r "$path"
	seen deny open revoked "$path" "grant=$grant"
	said=$(writ revoke "$grant" 2>&1)
	want 'revoked twice' 1 $?
	contains 'revoked twice' 'no live grant' "$said"
	mend
	grant tend "service=$service"
	mark
	allowed grant r "$path"
	want 'ended by --agent' 2 "$(writ revoke --agent "$who" --json | grep -c '"grant"')"
	denied revoked r "$path"
}

case_oldest_decides() {
	holder oldest
	mend
	first=$grant
	grant tend "service=$service"
	second=$grant
	[ "$second" -gt "$first" ] || fail 'numbers do not rise'
	allowed grant r "$path"
	seen allow open grant "$path" "grant=$first" playbook=mend
	writ revoke "$first" >/dev/null
	mark
	allowed grant r "$path"
	seen allow open grant "$path" "grant=$second" playbook=tend
	writ revoke "$second" >/dev/null
	mark
	denied revoked r "$path"
	seen deny open revoked "$path" "grant=$second"
}

case_eight_at_once() {
	holder many
	for i in 1 2 3 4 5 6 7; do
		grant tend "service=other-$i" --ttl 5m
	done
	mend --ttl 5m # the eighth counts too
	allowed grant r "$path"
	seen allow open grant "$path" "grant=$grant"
	refuse '8 live grants already' tend --agent $who service=other-9
	writ revoke $((grant - 4)) >/dev/null || fail 'writ revoke failed'
	grant tend service=other-9 # in its place
	refuse '8 live grants already' tend --agent $who service=other-10
	writ revoke --agent $who >/dev/null
	for i in 1 2 3 4 5 6 7 8 9 10 11 12; do
		grant tend "service=$service" --ttl 1s
		writ revoke "$grant" >/dev/null
	done
	mend
	mark
	allowed grant r "$path"
	seen allow open grant "$path" "grant=$grant"
}

case_wall_clock_changes_nothing() {
	holder clock
	mend --ttl 5s
	hour=3600
	now=$(date +%s)
	date -s "@$((now - hour))" >/dev/null || fail 'the clock can not be set'
	try ok open r "$path"
	date -s "@$((now + hour))" >/dev/null
	[ "$(as "$group" $act open r "$path")" = 'ok ' ] || ! writ grants | grep -q "$who" ||
		fail 'setting the clock forward ended it'
	date -s "@$((now - hour))" >/dev/null
	wait_until_expired
	mark
	denied expired r "$path"
	date -s "@$((now + 10))" >/dev/null
}

case_refused() {
	holder bad
	refuse 'holds "/"' mend --agent $who service=../x --ticket CHG-1
	refuse 'does not match' mend --agent $who service=UPPER --ticket CHG-1
	refuse service mend --agent $who --ticket CHG-1
	refuse colour mend --agent $who service=bad colour=red --ticket CHG-1
	refuse ticket mend --agent $who service=bad
	refuse ticket mend --agent $who service=bad --ticket INC-1
	refuse ticket mend --agent $who service=bad --ticket 'CHG-1 or so'
	refuse nobody mend --agent nobody service=bad --ticket CHG-1
	refuse nothing nothing --agent $who
	refuse forbidden forbidden --agent $who
	want 'grants' 0 "$(writ grants --all --json | grep -c "$who")"
	denied no_rule r "$path"
	mend --ttl 1h
	contains 'a ttl over the most' '"clipped": true' "$(cat /tmp/grant)"
	left=$(value seconds_left </tmp/grant)
	[ "${left%.*}" -le 600 ] || fail "it was not clipped: $left s"
}

case_role_and_grant_together() {
	holder union
	path=$(place /vm/grants/halves)/f
	allowed role r "$path"
	denied no_rule w "$path"
	denied no_rule rw "$path"
	grant pen
	mark
	allowed grant w "$path"
	allowed grant rw "$path"
	seen allow open grant "$path" access=read,write "grant=$grant"
	allowed role r "$path"
}

case_argv_of_a_grant() {
	holder exec
	try EPERM exec /vm/tools/act act open rwc /vm/grants/exec/made
	seen deny open_exec no_rule /vm/tools/act
	mend
	mark
	want 'allowed argv' ok "$(as "$group" $act exec /vm/tools/act act open rwc /vm/grants/exec/made)"
	[ -e /vm/grants/exec/made ] || fail 'it did nothing'
	seen allow argv grant /vm/tools/act "grant=$grant" argv=act,open,rwc,/vm/grants/exec/made
	as "$group" $act exec /vm/tools/act act mkdir /vm/grants/exec/folder >/dev/null
	want 'status with other argv' 137 $?
	[ ! -e /vm/grants/exec/folder ] || fail 'it was killed only after it ran'
	seen deny argv argv_mismatch /vm/tools/act argv=act,mkdir,/vm/grants/exec/folder
	writ revoke "$grant" >/dev/null
	try EPERM exec /vm/tools/act act open rwc /vm/grants/exec/made
	seen deny open_exec revoked /vm/tools/act "grant=$grant"
}

# All of it anew, in the same boot: the ledger still has the grants of before.
case_numbers_go_on_after_unload() {
	agent holder-union /vm/holder-union
	grant pen
	first=$grant
	daemon_fresh
	grant pen
	[ "$grant" -gt "$first" ] || fail "number $grant is given after $first"
	found type=grant event=issued "grant=$grant"
	known=$(writ grants --history --agent $who | grep -cE "^($first|$grant) ")
	want 'grants in the ledger' 2 "$known"
	writ revoke "$grant" >/dev/null || fail 'writ revoke failed'
}
