# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2154
#
# The story. Sourced by stage; show.sh has the verbs. An act types commands, and turns what came of
# them into claims: `check` ends the demo if one does not hold, `shown` adds it to the table.
# In:  $ttl in seconds, $place, an installed Writ, an empty log.
# Out: the transcript and, if every check held, the table at its end.

key=/etc/ssl/billing/tls.key
cert=/etc/ssl/billing/tls.crt
other=/etc/ssl/payroll/tls.key
client='echo | openssl s_client -connect :443 2>/dev/null | openssl x509 -noout -serial -subject'
pins=/sys/fs/bpf/writ
identity=spiffe://production/agent/billing-bot/run/1
grant='"grant":1,"playbook":"rotate-certificate","ticket":"CHG-1842",'
writd_pid=

# --- what the acts use ----------------------------------------------------------------------------

uptime_ms() {
	local up rest
	read -r up rest </proc/uptime # CLOCK_BOOTTIME, by which the kernel measures a grant
	echo $((${up%.*} * 1000 + 10#${up#*.} * 10))
}

make_certificate() {
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 -subj "/CN=$1" \
		-set_serial 1 -keyout "/etc/ssl/$1/tls.key" -out "/etc/ssl/$1/tls.crt" 2>/dev/null
}

writd_answers() {
	writ status >/dev/null 2>&1
}

# nginx presents the certificate with serial number $1 to a TLS client.
serves() {
	quietly "$client"
	[[ $output == "serial=0$1"$'\n'* ]]
}

writd_start() {
	prompt operator 'writd --policy /usr/local/share/writ/policy &'
	writd --policy /usr/local/share/writ/policy >/run/demo/writd.log 2>&1 &
	writd_pid=$!
	wait_for writd_answers || fail 'writd starts' 'it does not answer; its log:'
	grep ready: /run/demo/writd.log
}

# The pinned programs and where they are attached; another load would give other inodes.
pinned() {
	ls -i "$pins/links"
}

# Of this demo: a host has other processes, and perhaps a broker that is none of ours.
has_broker() {
	local names
	names=$(xargs -I{} cat /proc/{}/comm <"$cgroups/writ-demo-stage/cgroup.procs" 2>/dev/null) || true
	[[ $names == *writ-broker* ]]
}

no_broker() {
	! has_broker
}

history_says() {
	quietly 'writ grants --history'
	[[ $output == *" $1 "* ]]
}

# The same act, by a process that is nobody's agent.
unmanaged_rotates() {
	quietly "rotate-certificate billing $1"
	check 'an unmanaged process may do the same' test "$status" = 0
	check 'an unmanaged process may do the same' wait_for serves "$1"
}

# --- the acts -------------------------------------------------------------------------------------

opening() {
	printf '%sWrit: an AI agent rotates a certificate%s (Linux %s%s)\n' "$bold" "$plain" \
		"$(uname -r)" "$([[ $place == host ]] || echo ', in a VM')"
	make_certificate billing
	make_certificate payroll
	nginx
	scene '1. nginx serves TLS for the service "billing". The agent is a shell in a cgroup of its own.'
	writd_start
	check 'writd has started its broker' wait_for has_broker
	check 'nginx serves the first certificate' wait_for serves 1
	typed client "$client"
	agent_start
}

denied() {
	local claim='no grant: the agent is denied' before
	scene '2. The agent has a role and no grant. It tries to rotate; the kernel refuses.'
	before=$(sha256sum $key)
	agent_does 'rotate-certificate billing 2'
	check "$claim" test "$status" -ne 0
	check "$claim" wait_for logged deny no_rule $key '"agent":"billing-bot"' '"role":"web-operator"'
	check "$claim" test "$(sha256sum $key)" = "$before"
	shown "$claim" 'exit 1, event deny no_rule, key unchanged'
	agent_asks 'cat /etc/nginx/nginx.conf'
	check 'its role works' test "$status" = 0
	check 'its role works' wait_for logged allow role /etc/nginx/nginx.conf
	shown 'no grant: what its role allows works' 'reads nginx.conf: exit 0, event allow role'
	unmanaged_rotates 1
}

# What the agent is told, it is told in words that it can type.
asks() {
	local claim='it asks why, and is told what to ask for'
	scene '3. It asks why, and then for itself: one playbook, one service, one ticket, a short time.'
	agent_does 'writ why --last 1'
	check "$claim" test "$status" = 0
	check "$claim" grep -q "open of $key by .*: no_rule" <<<"$output"
	remedy=$(sed -n 's/^ *remedy: //p' <<<"$output")
	check "$claim" test "$remedy" = 'writ request rotate-certificate service=billing --ticket TICKET'
	agent_does "${remedy% --ticket TICKET}"
	check "$claim" test "$status" = 5
	check "$claim" grep -qF 'refused (ticket)' <<<"$output"
	shown "$claim" 'writ why has the request; without a ticket: exit 5'
	sleep 2 # it was told to ask again in a second
	claim='asked for in full, it is granted'
	deadline=$(($(uptime_ms) + ttl * 1000))
	agent_does "${remedy/TICKET/CHG-1842} \\
              --ttl ${ttl}s --context tool_call=call-7"
	check "$claim" test "$status" = 0
	# The kernel's clock for it began between these two moments: wait for the later one.
	latest=$(($(uptime_ms) + ttl * 1000))
	check "$claim" grep -q "^granted 1: rotate-certificate to billing-bot for ${ttl}s" <<<"$output"
	shown "$claim" 'exit 0, grant 1, no operator needed'
	claim='the grant is its run'"'"'s alone'
	agent_does "cat $key"
	check "$claim" test "$status" = 1
	check "$claim" wait_for logged deny other_run $key
	shown "$claim" 'another process of it: exit 1, event deny other_run'
}

granted() {
	local claim='in the run it does its job'
	scene '4. It does the job under the grant. The shell in the run keeps the key open.'
	run_start 'writ exec 1 -- sh' writ-run-1
	agent_place
	check "$claim" test "$place_of" = "$agent_cgroup/writ-run-1"
	agent_does 'rotate-certificate billing 2'
	check "$claim" test "$status" = 0
	check "$claim" wait_for serves 2
	typed client "$client"
	check "$claim" wait_for logged allow grant $key "$grant" '"write"'
	shown "$claim" 'exit 0, event allow grant, TLS client: serial 01 -> 02'
	agent_does "cat $other"
	check 'in the run: no other service' test "$status" = 1
	check 'in the run: no other service' wait_for logged deny no_rule $other
	shown 'in the run: no other service' 'exit 1, event deny no_rule'
	claim='in the run: openssl for its job'
	agent_does "openssl pkey -in $key"
	check "$claim" test "$status" = 137
	check "$claim" wait_for logged deny argv_mismatch /usr/bin/openssl
	shown "$claim" 'openssl pkey: killed, event deny argv_mismatch'
	prompt "$who" "exec 3<$key"
	agent_keeps "exec 3<$key"
	check 'it opens the key' test "$status" = 0
}

killed() {
	local claim='writd killed: a live grant goes on'
	scene '5. writd is killed. What is in the kernel goes on: the grant, then its end.'
	typed operator "kill -9 $writd_pid"
	wait "$writd_pid" 2>/dev/null || true
	agent_does "openssl x509 -noout -serial -in $cert"
	left=$((deadline - $(uptime_ms)))
	((left > 0)) || fail "$claim" "this machine is too slow for a grant of $ttl s: try --ttl 120"
	check "$claim" test "$status $output" = '0 serial=02'
	agent_does 'head -n 1 <&3'
	check "$claim" test "$status $output" = '0 -----BEGIN PRIVATE KEY-----'
	((deadline > $(uptime_ms))) || fail "$claim" "this machine is too slow for $ttl s: try --ttl 120"
	shown "$claim" 'reads certificate and open key: exit 0, event allow grant'
	claim='writd killed: its broker is gone with it'
	check "$claim" wait_for no_broker
	shown "$claim" 'no process writ-broker'
}

expired() {
	local claim='writd dead, time up: the kernel denies'
	printf 'the grant has %d s left' $((left / 1000))
	while left=$((latest - $(uptime_ms))) && ((left > 0)); do
		sleep $((left > 5000 ? 5 : 1))
		((left <= 6000)) || printf ', %d' $((left / 1000 - 5))
	done
	printf ', expired\n'
	agent_does 'rotate-certificate billing 3'
	check "$claim" test "$status" = 1
	check "$claim" serves 2
	agent_does 'cat <&3'
	check "$claim" test "$status" = 1
	check "$claim" grep -q 'Operation not permitted' <<<"$output"
	quietly 'writ status'
	check "$claim" test "$status" = 3
	unmanaged_rotates 3
	shown "$claim" 'exit 1, event deny expired, writ status: exit 3'
	shown 'also on the file that it has open' 'exit 1, event deny expired of a read'
	run_ends
}

taken_over() {
	local before claim='a new writd takes over'
	scene '6. A new writd takes over what runs in the kernel, and writes the events that waited there.'
	before=$(pinned)
	writd_start
	check "$claim" test "$(pinned)" = "$before"
	check "$claim" wait_for log_lines '"type":"grant"' '"event":"expired"' >/dev/null
	quietly 'writ status --json'
	check "$claim" grep -q '"adopted": true' <<<"$output"
	check "$claim" grep -q '"events_missing": 0' <<<"$output"
	shown "$claim" 'same pinned programs, no event missing'
}

# Who asked for what, what was given, and what was done with it.
soc() {
	local claim='the ledger has the request and its end'
	scene '7. What the SOC sees: the log, and the ledger.'
	log_table
	wait_for history_says expired || fail "$claim" "$output"
	typed operator 'writ grants --history'
	check "$claim" grep -qE 'billing-bot +rotate-certificate +CHG-1842 +expired' <<<"$output"
	shown "$claim" 'writ grants --history: expired, asked by itself'
	claim='from the tool call to the system call'
	check "$claim" logged allow grant $key "$grant" "\"spiffe\":\"$identity\"" \
		'"context":{"tool_call":"call-7"}' '"write"'
	shown "$claim" "${identity#spiffe:} and call-7 in each event"
}

# What only the log can tell: it is whole now.
log_checked() {
	local n agents claims
	check 'live without writd' logged allow grant $cert "$grant" '"comm":"openssl"' '"read"'
	check 'expired' logged deny expired $key "$grant" '"operation":"open"'
	check 'expired, and open' logged deny expired $key "$grant" '"operation":"read"'
	n=$(log_lines '"type":"decision"' | wc -l)
	agents=$(log_lines '"type":"decision"' '"agent":"billing-bot","role":"web-operator"' | wc -l)
	claims=$(log_lines '"type":"decision"' '"operation":"claim"' | wc -l) # writd's own, as it starts
	check 'only the agent is judged' test $((agents + claims)) = "$n"
	shown 'unmanaged processes are left alone' "same script: exit 0; all $agents events are the agent's"
}

closing() {
	local claim='nothing is left behind'
	agent_ends
	kill "$writd_pid"
	wait "$writd_pid" || fail "$claim" 'writd did not stop in order'
	quietly 'writd --unload'
	check "$claim" test "$status" = 0
	check "$claim" test ! -e $pins
	check "$claim" rmdir "$agent_cgroup" "${agent_cgroup%/*}"
	check "$claim" wait_for no_broker
	shown "$claim" 'after writd --unload: no pin, no cgroup, no broker'
}

opening
denied
asks
granted
killed
expired
taken_over
soc
log_checked
closing
table
