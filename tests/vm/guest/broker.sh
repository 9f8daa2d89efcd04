# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=dash disable=SC2154,SC2034
# The life of a grant: agents ask the broker, people decide, the core issues, the kernel enforces.
# `agent asks` asks; its requests are about the case's own place. hostile_* have another program in
# the broker's place (hostile.c), which does with an agent's connection what it is told.

agents=/run/writ/agent.sock
operators=/run/writ/operator.sock
ledger=/var/lib/writ-broker

# node [DENIALS]: the Node of this family; people and their groups. Once, until it is another one.
node() {
	grep -q ^keepers: /etc/group || {
		printf '%s\n' alice:x:2001:2001::/:/bin/sh bob:x:2002:2002::/:/bin/sh \
			carol:x:2003:2003::/:/bin/sh mallory:x:2004:2004::/:/bin/sh >>/etc/passwd
		printf '%s\n' keepers:x:3000:alice,bob,carol reviewers:x:3001:alice,bob >>/etc/group
	}
	printf '%s\n' 'apiVersion: writ/v1' 'kind: Node' 'name: vm' 'environment: test' \
		'operators: {group: keepers}' \
		'ticket_validator: {command: [/vm/bin/validator, by-policy], timeout: 2s}' \
		"denials: {backoff: ${1:-1ms}, backoff_max: ${2:-1ms}, suspend_after: ${3:-0}}" \
		>/tmp/node.yaml
	[ -x /vm/bin/validator ] || validator 'exit 1'
	cmp -s /tmp/node.yaml $policy/node.yaml && return
	cp /tmp/node.yaml $policy/node.yaml
	sed -i 's/validate: false/validate: true/' $policy/broker.yaml
	daemon_end TERM # what a validator may do is decided at the start
	daemon_must_start
	await 20 broker_has_policy || fail 'the broker did not read the policy'
}

# validator SHELL...: what is asked about tickets.
validator() {
	printf '#!/usr/bin/dash\n%s\n' "$1" >/vm/bin/validator.new
	chmod 755 /vm/bin/validator.new
	mv /vm/bin/validator.new /vm/bin/validator
}

broker_has_policy() {
	as /vm/asks writ whoami --json >/dev/null
}

broker_pid() {
	status broker
}

agent_asks() {
	as "$group" "$@"
}

# asker [AGENT]: who asks in this case, and for what.
asker() {
	agent "${1:-asks}" "/vm/${1:-asks}"
	path=$(place /vm/grants)/f
	writ resume "$who" >/dev/null 2>&1
	writ revoke --agent "$who" >/dev/null
	mark
}

# ask PLAYBOOK WORD...: $said and $code; $said is JSON.
ask() {
	playbook=$1
	shift
	said=$(agent_asks writ request "$playbook" "place=$name" --json "$@" 2>&1)
	code=$?
}

# granted PLAYBOOK WORD...: at once; $grant.
granted() {
	ask "$@"
	want "status of request $*: $said" 0 $code
	grant=$(echo "$said" | value id)
	[ -n "$grant" ] || fail "no grant in $said"
}

# refused REASON PLAYBOOK WORD...: and why, in a word; the ledger's row is $request.
refused() {
	reason=$1
	shift
	ask "$@"
	want "status of request $*: $said" 5 $code
	contains "request $*" "\"reason\": \"$reason\"" "$said"
	request=$(echo "$said" | sed 's/.*"request": \([0-9]*\).*/\1/')
	retry=$(echo "$said" | sed 's/.*"retry_after": \([0-9]*\).*/\1/')
}

# waits PLAYBOOK WORD...: for people; $proposal, and $request.
waits() {
	ask "$@"
	want "status of request $*: $said" 6 $code
	request=$(echo "$said" | value id)
	proposal=$(proposal_of "$request")
	[ -n "$proposal" ] || fail "'writ pending' has no request $request"
}

# proposal_of REQUEST
proposal_of() {
	writ pending --json | tr -d '\n ' | sed 's/},{/}\n{/g' | grep "\"request\":$1[,}]" |
		sed 's/.*"proposal":\([0-9]*\).*/\1/'
}

# person NAME COMMAND...: of the operators' group, but for mallory.
person() {
	case $1 in
	alice) set -- 2001 3000 "$@" ;;
	bob) set -- 2002 3000 "$@" ;;
	carol) set -- 2003 3000 "$@" ;;
	mallory) set -- 2004 2004 "$@" ;;
	esac
	uid=$1
	gid=$2
	shift 3
	$act person "$uid" "$gid" exec "/usr/bin/$1" "$@" 2>&1
}

# The grant holds in its run, and nowhere else of the agent.
holds() {
	free ok open r "$path"
	mark
	try EPERM open r "$path"
	seen deny open other_run "$path" "grant=$grant"
	want "in run $grant" ok "$(agent_asks writ exec "$grant" -- $act open r "$path" 2>&1)"
	seen allow open grant "$path" "grant=$grant"
}

# holds_nothing: whatever was asked.
holds_nothing() {
	free ok open r "$path"
	try EPERM open r "$path"
}

# --- asking ---------------------------------------------------------------------------------------

case_whoami() {
	node
	asker
	said=$(agent_asks writ whoami)
	contains 'who' 'asks' "$said"
	contains 'identity' 'spiffe://test/agent/asks' "$said"
	contains 'what it may ask for' 'writ request ticketed place=... --ticket ...' "$said"
	case $said in *foreign*) fail "it is offered what its role may not have: $said" ;; esac
	case $said in *elsewhere*) fail "it is offered what is another environment's: $said" ;; esac
	said=$(writ whoami 2>&1)
	want 'status of an outsider' 4 $?
	contains 'an outsider' 'no agent' "$said"
}

case_asked_held_done() {
	node
	asker
	granted fetch --context session=s-1 --context tool_call=t-7
	found type=grant event=issued "grant=$grant" agent=asks playbook=fetch context.session=s-1
	holds
	found type=grant event=completed "grant=$grant"
	granted fetch
	agent_asks writ "done" "$grant" >/dev/null || fail 'writ done failed'
	found type=grant event=completed "grant=$grant"
	mark
	denied revoked r "$path"
	said=$(agent_asks writ exec "$grant" -- $act open r "$path" 2>&1)
	want 'status of a run that is over' 125 $?
}

# Another agent's grant is nobody else's to end or to enter.
case_not_anothers() {
	node
	asker asks-other
	asker
	granted fetch
	mine=$grant
	agent asks-other /vm/asks-other
	said=$(agent_asks writ "done" "$mine" 2>&1) && fail "another agent ended it: $said"
	said=$(agent_asks writ exec "$mine" -- $act open r "$path" 2>&1) && fail 'another agent is in'
	agent asks /vm/asks
	grant=$mine
	holds
}

case_wrong_words() {
	node
	asker
	refused role foreign
	contains 'what helps' 'writ request fetch place=' "$said"
	case $said in *'request foreign'*) fail "it is offered what it may not have: $said" ;; esac
	refused unknown_playbook no-such
	said=$(agent_asks writ request fetch place=../etc --json 2>&1)
	want 'status of a wrong parameter' 5 $?
	contains 'a wrong parameter' '"reason": "parameters"' "$said"
	refused parameters fetch other=thing
	refused environment elsewhere
	refused ticket ticketed
	refused ticket ticketed --ticket CHG-x
	refused sponsor vouched
	refused sponsor vouched --sponsor nobody-of-this-name
	found type=request event=refused agent=asks verdict=deny reason=sponsor "request=$request" \
		playbook=vouched sponsor=nobody-of-this-name
	lines 2 type=request event=refused agent=asks reason=ticket playbook=ticketed
	found type=request event=refused agent=asks reason=ticket ticket=CHG-x
	found type=request event=refused agent=asks reason=role playbook=foreign
	writ audit query --verdict deny --reason environment >/tmp/query || fail 'writ audit query failed'
	contains 'what is found' elsewhere "$(cat /tmp/query)"
	lines 0 type=grant
	holds_nothing
	granted ticketed --ticket CHG-7
	found type=grant event=issued "grant=$grant" ticket=CHG-7
	granted vouched --sponsor carol
	found type=grant event=issued "grant=$grant" sponsor=carol
}

# The shortest of what is asked, the playbook's, the role's and the window's.
case_time_is_clipped() {
	node
	asker
	granted fetch --ttl 30m
	contains 'by the role' '"clip": "role"' "$said"
	granted fetch-all --ttl 30m
	contains 'by the playbook' '"clip": "playbook"' "$said"
	granted fetch --ttl 3m
	contains 'not at all' '"clip": "none"' "$said"
}

# windows YAML: of the playbook `windowed`.
windows() {
	sed -i "s/^windows: .*/windows: [$1]/" $policy/broker.yaml
	reload policy_applied
	await 20 broker_has_policy
}

case_change_window() {
	node
	asker
	later=$(date -u -d @$(($(date +%s) + 3 * 86400)) +%a | tr '[:upper:]' '[:lower:]')
	windows "{days: [$later], from: \"00:00\", to: \"24:00\", zone: UTC}"
	refused window windowed
	[ "$retry" -gt 86400 ] || fail "it opens in two days or three: $said"
	minute=$(date -u +%H:%M | awk -F: '{print $1 * 60 + $2 + 3}')
	closes=24:00
	[ "$minute" -ge 1440 ] || closes=$(printf '%02d:%02d' $((minute / 60)) $((minute % 60)))
	windows "{from: \"00:00\", to: \"$closes\", zone: UTC}"
	granted windowed
	contains 'its end' '"clip": "window"' "$said"
	standard_policy
	node
}

case_how_many_and_how_often() {
	node
	asker
	granted single
	refused concurrency single
	agent_asks writ "done" "$grant" >/dev/null || fail 'writ done failed'
	granted single
	granted rested
	agent_asks writ "done" "$grant" >/dev/null || fail 'writ done failed'
	refused cooldown rested
	[ "$retry" -ge 1 ] && [ "$retry" -le 10 ] || fail "cooldown: $said"
	await 60 agent_asks writ request rested "place=$name" || fail 'the cooldown does not end'
	granted rated
	granted rated
	refused rate rated
	[ "$retry" -gt 3000 ] || fail "rate: $said"
}

case_few_uses() {
	node
	asker
	mkdir -p /vm/entry
	cp $act /vm/entry/act
	granted few-times
	# shellcheck disable=SC2016 # for the shell in the run
	said=$(agent_asks writ exec "$grant" -- /usr/bin/dash -c \
		'for i in 1 2 3; do /vm/entry/act open r "$0" || echo refused; done' "$path" 2>/dev/null)
	want 'what the run could do' 'ok  ok  refused' "$(echo "$said" | tr '\n' ' ')"
	found type=grant event=used_up "grant=$grant"
}

case_break_glass() {
	node
	asker
	granted urgent --ttl 30m --reason 'the site is down'
	contains 'its time' '"clip": "playbook"' "$said"
	found type=grant event=issued "grant=$grant" break_glass=true
	grep -q "break-glass grant $grant" /run/writd.log || fail 'writd does not say it aloud'
	holds
}

case_why_names_the_remedy() {
	node
	asker
	denied no_rule r "$path"
	said=$(agent_asks writ why --last 20)
	contains 'what was denied' "$path" "$said"
	contains 'the remedy' "writ request fetch place=$name" "$said"
	remedy=$(echo "$said" | sed -n 's/.*remedy: \(writ request fetch place=[^ ]*\).*/\1/p')
	# shellcheck disable=SC2086 # words
	grant=$(agent_asks $remedy --json | value id)
	[ -n "$grant" ] || fail "'$remedy' gives no grant"
	holds
}

# why NUMBER: on a slow machine it is told to ask again in a second.
why() {
	writ why --agent "$who" --last "$1" --json >/tmp/why.json 2>&1
}

# explained HELPED NUMBER: log and `writ why` have the same remedies for the last NUMBER denials of
# the agent, HELPED of which have one.
explained() {
	settle
	await 20 why "$2" || fail "writ why: $(cat /tmp/why.json)"
	helped=$(/vm/bin/audit remedies 0 /tmp/why.json) || fail "$helped"
	want "denials with a remedy in $(tr -d '\n' </tmp/why.json)" "$1" "$helped"
}

# only PLAYBOOKS...: the role may ask for no other ones, and asks-other is in mode monitor.
only() {
	cp $policy/broker.yaml /tmp/broker.yaml
	sed "s/^playbooks: \[fetch,.*/playbooks: [$*]/" /tmp/broker.yaml >$policy/broker.yaml
	echo 'mode: monitor' >>$policy/broker.yaml
	reload policy_applied
	await 20 broker_has_policy || fail 'the broker did not read the policy'
}

case_log_names_the_same_remedy() {
	node
	asker
	secret=$(place /vm/secret)/f
	denied no_rule r "$path"
	explained 1 1 # one is looked for in any case, however slow the machine is
	denied no_rule w "$path"
	found "object=$path" reason=no_rule remedy!
	denied no_rule r "$secret"
	found "object=$secret" remedy!
	try EPERM open w $policy/broker.yaml
	seen deny open protected $policy/broker.yaml remedy!
	explained 0 3
	granted fetch
	holds # and nobody else of the agent: other_run
	explained 1 2 # the last one: whether it is in the run, which root's writ looks up in /proc
	writ revoke --agent "$who" >/dev/null
	mark
	try EPERM open r "$path"
	seen deny open revoked "$path"
	explained 1 1
	only reviewed
	mark
	denied revoked r "$path"
	explained 1 1
	contains 'the only offer' '"playbook": "reviewed"' "$(cat /tmp/why.json)"
	! grep -q '"fetch"' /tmp/why.json || fail 'the policy in force has no fetch for it'
	asker asks-other
	try ok open r "$path"
	seen would_deny open no_rule "$path"
	explained 1 1
	cp /tmp/broker.yaml $policy/broker.yaml
	reload policy_applied
	want 'denials without a remedy for want of time' 0 "$(status remedies_left_out)"
}

# Faster than remedies can be found: each has its line all the same, and each that goes without is
# counted.
case_storm_of_denials_goes_without_remedies() {
	node
	asker
	acts=
	n=0
	while [ $n -lt 300 ]; do
		n=$((n + 1))
		: >"/vm/grants/$name/$n"
		acts="$acts open r /vm/grants/$name/$n"
	done
	before=$(status remedies_left_out)
	mark
	# shellcheck disable=SC2086 # words
	as "$group" $act $acts >/dev/null
	sleep 1 # another second, another budget: what settles has its remedy looked for, too
	wait_seconds=200 # where one look takes a quarter of a second, the few of each second take all of it
	settle
	all=$(/vm/bin/audit count "$mark" "agent=$who" verdict=deny reason=no_rule)
	without=$(/vm/bin/audit count "$mark" "agent=$who" verdict=deny reason=no_rule remedy!)
	note "$without of $all denials went without"
	want 'lines' 300 "$all"
	want 'counted' "$without" "$(($(status remedies_left_out) - before))"
	[ "$without" -gt 0 ] || fail 'none was left out: this was no storm'
	[ "$without" -lt 300 ] || fail 'all were left out'
	contains 'writ status' 'denials have none in the log' "$(writ status)"
}

# --- tickets --------------------------------------------------------------------------------------

case_ticket_is_validated() {
	node
	validator 'read -r line; echo "$line" >/dev/null
case $line in *CHG-1*) echo "{\"valid\": true}" ;; *CHG-2*) echo "{\"valid\": false}" ;;
*CHG-3*) sleep 20; echo "{\"valid\": true}" ;; *CHG-4*) echo "{\"valid\": true}"; exit 1 ;;
*CHG-5*) echo yes ;; *CHG-6*) cat /var/log/writ/audit.jsonl && echo "{\"valid\": true}" ;; esac'
	asker
	refused ticket checked
	granted checked --ticket CHG-1 --wait
	holds
	mark
	refused ticket_refused checked --ticket CHG-2 --wait
	refused validator checked --ticket CHG-3 --wait
	refused validator checked --ticket CHG-4 --wait
	refused validator checked --ticket CHG-5 --wait
	refused validator checked --ticket CHG-6 --wait
	lines 0 type=grant event=issued
	await 10 no_validator || fail 'one of them is left'
}

no_validator() {
	! grep -ls validator /proc/[0-9]*/comm
}

# --- people ---------------------------------------------------------------------------------------

case_two_people() {
	node
	asker
	waits reviewed --reason 'for the night shift'
	holds_nothing
	said=$(writ pending)
	contains 'what people see' "place=$name" "$said"
	contains 'what people see' 'for the night shift' "$said"
	contains 'an outsider' 'ermission' "$(person mallory writ approve "$proposal")"
	contains 'of no such group' 'none of the groups' "$(person carol writ approve "$proposal")"
	contains 'the first' '1 of 2' "$(person alice writ approve "$proposal")"
	contains 'the same person twice' 'another person' "$(person alice writ approve "$proposal")"
	said=$(agent_asks writ approve "$proposal" 2>&1) && fail "the agent approves: $said"
	lines 0 type=grant event=issued
	contains 'the second' '2 of 2' "$(person bob writ approve "$proposal")"
	found type=grant event=issued agent=asks playbook=reviewed "approvers=alice,bob" \
		"parameters=place=$name"
	said=$(agent_asks writ request --id "$request" --wait --json)
	want 'status' 0 $?
	grant=$(echo "$said" | value id)
	holds
	writ grants --history --json --agent asks --limit 1 >/tmp/history
	want 'who approved, by the ledger' 'alice bob' "$(sed -n '/"approvers"/,/\]/p' /tmp/history |
		tr -dc 'a-z\n ' | tr -s '\n ' '  ' | sed 's/ *approvers *//; s/ *$//')"
}

# An operator pushes, and is not one of those who approve it.
case_nobody_approves_their_own() {
	node
	asker
	said=$(person alice writ grant reviewed --agent asks "place=$name")
	contains 'it waits' pending "$said"
	request=$(echo "$said" | sed -n 's/.*request \([0-9]*\),.*/\1/p')
	proposal=$(proposal_of "$request")
	contains 'her own' 'your own' "$(person alice writ approve "$proposal")"
	contains 'another' '1 of 2' "$(person bob writ approve "$proposal")"
	contains 'the state' "\"given\": 1" "$(writ pending --json)"
	lines 0 type=grant event=issued
	person alice writ deny "$proposal" --reason 'made in error' >/dev/null
	found type=proposal event=refused "proposal=$proposal"
	found type=request event=refused reason=denied "proposal=$proposal" operator=alice
	holds_nothing
}

case_denied_with_reason() {
	node
	asker
	waits reviewed
	person alice writ approve "$proposal" >/dev/null
	person bob writ deny "$proposal" --reason 'not on a Friday' >/dev/null
	said=$(agent_asks writ request --id "$request" --wait --json 2>&1)
	want 'status' 5 $?
	contains 'why' 'not on a Friday' "$said"
	contains 'why' '"reason": "denied"' "$said"
	contains 'after that' 'refused' "$(person alice writ approve "$proposal")"
	lines 0 type=grant event=issued
	holds_nothing
}

case_withdrawn() {
	node
	asker
	waits reviewed
	agent_asks writ request --withdraw "$request" >/dev/null || fail 'it can not be withdrawn'
	contains 'people' 'no proposal' "$(person alice writ approve "$proposal")"
	holds_nothing
}

# --- doors ----------------------------------------------------------------------------------------

case_each_its_own_door() {
	node
	asker
	said=$(writ request fetch "place=$name" 2>&1)
	want 'status of an outsider' 4 $?
	said=$(agent_asks writ grant fetch --agent asks "place=$name" 2>&1)
	want "status of an agent on operator.sock: $said" 4 $?
	said=$(export WRIT_OPERATOR_SOCKET=$agents
		agent_asks writ grant fetch --agent asks "place=$name" 2>&1) &&
		fail "an agent pushes: $said"
	said=$(WRIT_OPERATOR_SOCKET=$agents writ grant fetch --agent asks "place=$name" 2>&1) &&
		fail "agent.sock takes a push: $said"
	contains 'of no such group' 'ermission' "$(person mallory writ grant fetch --agent asks "place=$name")"
	contains 'an operator' granted "$(person alice writ grant fetch --agent asks-other "place=$name")"
	lines 0 type=grant agent=asks
	holds_nothing
}

# --- switches -------------------------------------------------------------------------------------

case_denied_too_often() {
	node 4s 16s 4
	asker asks-much
	refused role foreign
	want 'retry after the first' 4 "$retry"
	refused backoff fetch
	await 20 asks_role || fail 'it is not heard again'
	contains 'after the second' '"retry_after": 8' "$(cat /tmp/asked)"
	sleep 7
	await 20 asks_role || fail 'it is not heard again'
	contains 'after the third' '"retry_after": 16' "$(cat /tmp/asked)"
	sleep 14
	asks_by_hand
	await 10 asks_role || fail 'it is not heard again'
	contains 'after the fourth' 'suspended' "$(cat /tmp/asked)"
	found type=daemon event=suspended
	answered_by_hand
	contains 'its role' 'ok ok EPERM' "$said"
	contains 'asked by hand' '"reason":*"suspended"' "$said"
	said=$(agent_asks writ whoami 2>&1) && fail 'its role holds'
	found type=decision agent=asks-much verdict=deny reason=suspended object=/usr/bin/writ
	writ resume asks-much >/dev/null || fail 'writ resume failed'
	granted fetch
	holds
	node
}

# asks_by_hand: who is suspended starts no program, so this one has started before, and asks at `go`.
asks_by_hand() {
	body="{\"playbook\":\"fetch\",\"parameters\":{\"place\":\"$name\"}}"
	later "$group" dial $agents until "/tmp/go.$name" open r /etc/passwd order "$(
		printf 'POST /v1/requests HTTP/1.1\r\nHost: writ\r\n'
		printf 'Content-Type: application/json\r\nContent-Length: %s\r\n\r\n%s' ${#body} "$body"
	)"
}

answered_by_hand() {
	: >"/tmp/go.$name"
	wait $later
	said=$(cat "/tmp/out.$name")
}

asks_role() {
	ask foreign
	echo "$said" >/tmp/asked
	case $said in *'"reason": "role"'*) ;; *) return 1 ;; esac
}

case_freeze_and_thaw() {
	node
	asker
	granted fetch
	before=$grant
	waits reviewed
	person alice writ freeze >/dev/null
	found type=daemon event=frozen
	refused frozen fetch
	said=$(person alice writ grant fetch --agent asks "place=$name")
	contains 'a push' frozen "$said"
	daemon_end KILL
	daemon_must_start
	refused frozen fetch
	grant=$before
	holds
	writ thaw >/dev/null || fail 'writ thaw failed'
	granted fetch
	holds
}

case_revoked_without_a_broker() {
	node
	asker
	granted fetch-all
	first=$grant
	try ok open r "$path"
	kill -STOP "$(broker_pid)"
	writ revoke --playbook fetch-all >/dev/null || fail 'writ revoke failed'
	try EPERM open r "$path"
	seen deny open revoked "$path" "grant=$first"
	kill -CONT "$(broker_pid)"
	granted fetch-all
	second=$grant
	granted fetch
	kill -KILL "$(broker_pid)"
	writ revoke --all >/dev/null || fail 'writ revoke failed'
	mark
	try EPERM open r "$path"
	seen deny open revoked "$path"
	await 60 broker_has_policy || fail 'the broker does not come back'
	writ grants --history --json --agent asks >/tmp/history
	want 'grants that live, by the ledger' 0 "$(grep -c '"state": "active"' /tmp/history)"
	want 'grants that live, by the core' 0 "$(writ grants --json | grep -c '"state": "active"')"
	contains 'their end' '"end": "revoked"' "$(cat /tmp/history)"
	holds_nothing
}

case_suspended_survives() {
	node
	asker
	granted fetch-all
	rm -f "/tmp/go.$name".*
	later "$group" open r "$path" until "/tmp/go.$name.1" open r "$path" \
		until "/tmp/go.$name.2" open r "$path" until "/tmp/go.$name.3" open r "$path"
	kill -STOP "$(broker_pid)"
	writ suspend asks >/dev/null || fail 'writ suspend failed'
	: >"/tmp/go.$name.1"
	seen deny open suspended "$path"
	daemon_end KILL
	mark
	: >"/tmp/go.$name.2"
	await 20 grep -q 'ok ok EPERM ok EPERM' "/tmp/out.$name" || fail "no writd: $(cat "/tmp/out.$name")"
	daemon_must_start
	contains 'state' '"suspended"' "$(writ agents --json)"
	: >"/tmp/go.$name.3"
	wait $later
	want 'what it could do' 'ok ok EPERM ok EPERM ok EPERM' "$(cat "/tmp/out.$name")"
	writ resume asks >/dev/null || fail 'writ resume failed'
	writ revoke --agent asks >/dev/null || fail 'the first grant was not its own still'
	granted fetch
	holds
}

# Its requests are decided or refused, never forgotten; what the core has the ledger has.
case_broker_dies_in_mid_request() {
	node
	asker
	turn=0
	while [ $turn -lt 6 ]; do
		agent_asks writ request fetch-all "place=$name" --json >/tmp/mid 2>&1 &
		asking=$!
		sleep "0.0$turn"
		kill -KILL "$(broker_pid)" 2>/dev/null
		wait $asking
		await 60 broker_has_policy || fail 'the broker does not come back'
		turn=$((turn + 1))
		[ $((turn % 2)) = 1 ] || { # three deaths in a minute hold issuance
			daemon_end TERM
			daemon_must_start
		}
	done
	settle
	writ grants --json | value_all grant | sort >/tmp/core.grants
	writ grants --history --json --agent asks --limit 100 >/tmp/history
	while read -r id; do
		grep -q "\"id\": $id,\{0,1\}\$" /tmp/history || fail "grant $id has no row in the ledger"
	done </tmp/core.grants
	want 'grants that live' "$(writ grants --json | grep -c '"agent": "asks"')" \
		"$(grep -c '"state": "active"' /tmp/history)"
}

# value_all KEY, of JSON on standard input.
value_all() {
	sed -n "s/^ *\"$1\": \"\{0,1\}\([^\",]*\)\"\{0,1\},\{0,1\}\$/\1/p"
}

# --- a broker that was taken over -----------------------------------------------------------------

# hostile: writd with another program as its broker, until `honest`.
hostile() {
	node
	mkdir -p /vm/hostile
	cp /usr/sbin/writd /usr/sbin/writ-audit /vm/hostile/
	cp /vm/bin/hostile /vm/hostile/writ-broker
	daemon_end TERM
	daemon_program=/vm/hostile/writd
	daemon_must_start
	asker
	tells 'attest with=mine' 'ok agent=asks operator=0' # it hears, and the core hears it
	mark
	began=$mark
}

honest() {
	daemon_end TERM
	daemon_program=writd
	daemon_must_start
	await 60 broker_has_policy || fail 'the broker does not come back'
}

# order ORDER: the answer to it, on a connection of the agent's.
order() {
	answered=$(agent_asks $act dial $agents order "$1")
	answered=${answered#ok }
}

# tells ORDER PATTERN: that it answers so; the words behind it are the core's.
tells() {
	order "$1"
	case $answered in
	$2*) ;;
	*) fail "hostile '$1': expected '$2', got '$answered'" ;;
	esac
}

# A word of the last answer.
answered() {
	echo "$answered" | tr ' ' '\n' | sed -n "s/^$1=//p" | head -n 1
}

# The control: what policy has it can get, so what follows is not refused for another reason.
case_hostile_gets_what_policy_has() {
	hostile
	tells "propose with=mine flags=16 ledger=900001 agent=asks playbook=fetch-all parameter=place:$name" \
		'ok proposal='
	grant=$(answered grant)
	try ok open r "$path"
	seen allow open grant "$path" "grant=$grant"
	# once for each request
	tells "propose with=mine flags=16 ledger=900001 agent=asks playbook=fetch-all parameter=place:$name" EEXIST
	lines 1 type=grant event=issued
	honest
	grep -q "grant $grant is in force, and the ledger has no row of it" /run/writd.log ||
		fail 'nobody is told of a grant without a row'
}

# One row of the ledger is one grant, whoever asks by it, and whatever has become of that grant and of
# the core that issued it.
case_hostile_replays_a_row() {
	hostile
	words="with=mine flags=16 agent=asks parameter=place:$name"
	tells "propose $words ledger=0 playbook=fetch-all" EINVAL
	tells "propose $words ledger=900002 playbook=fetch-all" 'ok proposal='
	writ revoke --agent asks >/dev/null || fail 'writ revoke failed'
	tells "propose $words ledger=900002 playbook=fetch-all" EEXIST
	tells "propose $words ledger=900002 playbook=fetch" EEXIST
	agent asks-other /vm/asks-other
	mkdir -p "$root$group"
	tells "propose with=mine flags=16 agent=asks-other parameter=place:$name ledger=900002 playbook=fetch" EEXIST
	agent asks /vm/asks
	tells "propose $words ledger=900003 playbook=reviewed" 'ok proposal='
	tells "withdraw proposal=$(answered proposal)" ok
	tells "propose $words ledger=900003 playbook=fetch" EEXIST
	lines 1 type=grant event=issued
	daemon_end KILL
	daemon_must_start
	tells "propose $words ledger=900002 playbook=fetch" EEXIST
	tells "propose $words ledger=900001 playbook=fetch" EEXIST # older, so nobody knows
	tells "propose $words ledger=9900000000000 playbook=fetch" ERANGE
	lines 1 type=grant event=issued
	holds_nothing
	honest
	granted fetch # its ledger goes on above
	[ "$(writ grants --history --json --agent asks --limit 1 | value request)" -gt 900003 ] ||
		fail "the honest broker's row is one that was used"
	holds
}

# What the broker does not count, the core does, and goes on doing after a restart.
case_hostile_exceeds_the_limits() {
	hostile
	agent asks-other /vm/asks-other
	mkdir -p "$root$group"
	words="with=mine flags=16 agent=asks-other parameter=place:$name"
	tells "propose $words ledger=905001 playbook=single" 'ok proposal='
	first=$(answered grant)
	tells "propose $words ledger=905002 playbook=single" EBUSY
	tells "propose $words ledger=905003 playbook=rested" 'ok proposal='
	second=$(answered grant)
	tells "propose $words ledger=905004 playbook=rested" 'ok proposal='
	tells "done with=mine grant=$second" ok
	tells "propose $words ledger=905005 playbook=rested" ERESTART
	tells "propose $words ledger=905006 playbook=rated" 'ok proposal='
	tells "propose $words ledger=905007 playbook=rated" 'ok proposal='
	tells "done with=mine grant=$(answered grant)" ok
	tells "propose $words ledger=905008 playbook=rated" EUSERS
	daemon_end KILL
	daemon_must_start
	tells "propose $words ledger=907001 playbook=single" EBUSY
	tells "propose $words ledger=907002 playbook=rested" ERESTART
	tells "propose $words ledger=907003 playbook=rated" EUSERS
	tells "done with=mine grant=$first" ok
	tells "propose $words ledger=907004 playbook=single" 'ok proposal='
	writ revoke --agent asks-other >/dev/null || fail 'writ revoke failed'
	lines 6 type=grant event=issued
	honest
}

case_hostile_asks_for_more() {
	hostile
	words="with=mine flags=16 agent=asks parameter=place:$name"
	tells "propose $words ledger=910011 playbook=foreign" EACCES
	tells "propose $words ledger=910012 playbook=elsewhere" EINVAL
	tells "propose $words ledger=910013 playbook=no-such" ENOENT
	tells "propose $words ledger=910014 playbook=ticketed" EINVAL
	tells "propose $words ledger=910015 playbook=ticketed ticket=none" EINVAL
	tells "propose $words ledger=910016 playbook=fetch parameter=place:other" EINVAL
	tells "propose $words ledger=910017 playbook=fetch parameter=else:other" EINVAL
	tells "propose with=mine flags=16 ledger=910018 agent=asks playbook=fetch parameter=place:../../etc" EINVAL
	tells "propose with=mine flags=16 ledger=910019 agent=asks playbook=fetch" EINVAL
	tells "propose $words playbook=fetch" EINVAL # no row in the ledger
	lines 0 type=grant event=issued
	holds_nothing
	tells "propose $words ledger=910020 playbook=fetch-all ttl=86400" 'ok proposal='
	want 'its seconds' 360 "$(answered seconds)"
	tells "propose $words ledger=910021 playbook=fetch ttl=86400" 'ok proposal='
	want 'its seconds' 480 "$(answered seconds)"
	honest
}

case_hostile_lies_about_who_asks() {
	hostile
	agent asks-other /vm/asks-other
	mkdir -p "$root$group"
	group=/vm/asks
	words="flags=16 parameter=place:$name"
	tells "propose $words with=mine ledger=910031 agent=asks-other playbook=foreign" EPERM
	tells "propose $words with=none ledger=910032 agent=asks playbook=fetch" EPERM
	tells "propose $words with=own ledger=910033 agent=asks playbook=fetch" EPERM
	tells "propose $words with=end ledger=910034 agent=asks playbook=fetch" EPERM
	tells 'attest with=own' 'ok agent= operator=0'
	tells "enter with=own grant=1" EPERM
	who=asks
	lines 0 type=grant event=issued
	holds_nothing
	honest
}

# What it says of refused requests stands under the name of who asked, and is not without end.
case_hostile_writes_of_requests() {
	hostile
	words="ledger=910051 playbook=fetch refusal=7"
	tells "record $words with=mine agent=asks" ok
	found type=request event=refused agent=asks playbook=fetch request=910051
	tells "record $words with=mine agent=asks-other" EPERM
	tells "record $words with=none agent=asks" EPERM
	tells "record $words with=own agent=asks" EPERM
	tells 'record ledger=910051 with=mine agent=asks refusal=9999' EINVAL
	tells 'record proposal=4711 refusal=7' ENOENT
	lines 1 type=request
	tells "record $words with=mine agent=asks times=1000" ok
	settle
	kept=$(/vm/bin/audit count "$mark" type=request event=refused)
	[ "$kept" -le 120 ] || fail "$kept lines of one agent" # two minutes, if one began meanwhile
	honest # writd ends in order, and says how many more there were
	found type=request event=counted agent=asks "times=$((1001 - kept))"
}

case_hostile_lacks_approvals() {
	hostile
	words="with=mine agent=asks parameter=place:$name"
	tells "propose $words flags=16 ledger=910041 playbook=reviewed" 'ok proposal='
	want 'no grant' '' "$(answered grant)"
	first=$(answered proposal)
	tells "propose with=mine flags=0 agent=asks ledger=910042 playbook=reviewed parameter=place:other" 'ok proposal='
	second=$(answered proposal)
	for verb in approve refuse revoke apply unload exec freeze thaw resume enrolled; do
		tells "$verb with=mine proposal=$first agent=asks playbook=fetch-all grant=1 flags=8" EPERM
	done
	tells "issue proposal=$first" EAGAIN
	person alice writ approve "$second" >/dev/null
	person bob writ approve "$second" >/dev/null
	tells "issue proposal=$first" EAGAIN # with another one's approvals
	lines 0 type=grant event=issued
	# other words with an id that people have approved: what is issued is what they saw
	tells "issue proposal=$second agent=asks-other playbook=foreign parameter=place:$name ttl=86400 ledger=910041" 'ok grant='
	contains 'what is issued' 'of=asks playbook=reviewed seconds=300 place=other' "$answered"
	tells "issue proposal=$second" ENOENT
	lines 1 type=grant event=issued
	holds_nothing
	honest
}

case_hostile_reaches_for_the_host() {
	hostile
	free ok open rw $log
	tells "open w $log" EACCES
	tells "open r $log" EACCES
	tells "unlink $log" EACCES
	tells 'open wc /var/log/writ/new' EACCES
	tells 'open wc /var/lib/writ/new' EACCES
	tells 'open r /var/lib/writ/switches' EACCES
	tells "open w $policy/broker.yaml" EACCES
	tells 'open wc /run/writ/new' EACCES
	tells 'unlink /run/writ/core.sock' EACCES
	for pin in /sys/fs/bpf/writ/*; do
		order "object $pin"
		case $answered in EPERM* | EACCES*) ;; *) fail "hostile has $pin: $answered" ;; esac
	done
	tells maps EPERM
	tells trace EPERM
	tells kill EPERM
	tells memory EACCES
	tells "open wc $ledger/own" ok # its own directory: the control of the others
	rm -f $ledger/own
	is_alive "$(daemon_pid)" || fail 'writd is gone'
	honest
}

# What is no request ends it; three ends in a minute, and nothing is issued by it.
case_hostile_talks_nonsense() {
	hostile
	for turn in 1 2 3; do
		order garbage
		found type=daemon event=broker_died
		mark
	done
	grep -q 'it sent what is no request' /run/writd.log || fail 'writd does not say why'
	mark=$began
	found type=daemon event=broker_failing
	order "propose with=mine flags=16 ledger=910061 agent=asks playbook=fetch parameter=place:$name"
	contains 'what it may issue' ESHUTDOWN "$answered"
	lines 0 type=grant event=issued
	honest
}
