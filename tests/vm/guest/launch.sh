# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=dash disable=SC2154
# Commands that `writ exec` starts under a grant, beside those of `writ run`.

# errand [OPTION...]: a grant for the case's own place; its number in $grant.
errand() {
	agent launched /vm/launched
	path=$(place /vm/grants)/f
	writ grant errand --agent launched "place=$name" "$@" --json >/tmp/grant || fail 'no grant'
	grant=$(value grant </tmp/grant)
}

# refused STATUS PATTERN COMMAND...: and nothing of it was executed.
refused() {
	status=$1
	pattern=$2
	shift 2
	rm -f /tmp/launched
	said=$("$@" -- $act open rwc /tmp/launched 2>&1)
	want "status of $*" "$status" $?
	contains "$*" "$pattern" "$said"
	[ ! -e /tmp/launched ] || fail "$*: it ran"
	want 'cgroups that are left' '' "$(ls -d $root/vm/launched/exec-* 2>/dev/null)"
}

# variables [NAME=VALUE...] -- COMMAND...: what a program that it starts has, sorted, one a line.
variables() {
	"$@" -- /vm/bin/show /proc/self/environ | tr '\0' '\n' | sort
}

case_runs_as_the_agent() {
	errand
	want 'what the grant opens' ok "$(writ exec "$grant" -- $act open r "$path")"
	seen allow open grant "$path" "grant=$grant"
	secret=$(place /vm/secret)/f
	free ok open r "$secret"
	want 'what it does not' EPERM "$(writ exec "$grant" -- $act open r "$secret")"
	seen deny open no_rule "$secret"
	cp /usr/bin/cat /vm/bin/show
	below=$(writ exec "$grant" -- /vm/bin/show /proc/self/cgroup)
	contains 'its cgroup' "/vm/launched/exec-$grant-" "$below"
	[ ! -e "$root${below#0::}" ] || fail "$below is left"
	writ exec "$grant" -- $act nonsense 2>/dev/null
	want 'status of the command' 2 $?
	writ exec "$grant" -- /vm/secret/act open r "$path" 2>/dev/null
	want 'status when not executed' 126 $?
	writ exec "$grant" -- none 2>/dev/null
	want 'status when not found' 127 $?
	want 'on the fixed PATH' '' "$(PATH=/none /usr/bin/writ exec "$grant" -- sleep 0 2>&1)"
	writ exec "$grant" -- /usr/bin/dash -c 'kill -TERM $$'
	want 'status when a signal ended it' 143 $?
	want 'cgroups that are left' '' "$(ls -d $root/vm/launched/exec-* 2>/dev/null)"
}

# The control: `writ run` hands all on, so a library of the caller's is in the agent's program.
case_environment_is_reduced() {
	errand
	cp /usr/bin/cat /vm/bin/show
	export LD_PRELOAD=/vm/bin/preload.so # writ itself obeys it, too
	ran=$(writ run launched -- /vm/bin/show "/proc/self/cgroup" | grep -c preloaded)
	executed=$(writ exec "$grant" -- /vm/bin/show "/proc/self/cgroup" | grep -c preloaded)
	unset LD_PRELOAD
	want 'programs with the library, by run' 2 "$ran"
	want 'programs with the library, by exec' 1 "$executed"
	export LD_BIND_NOW=1 GCONV_PATH=/x PYTHONPATH=/x BASH_ENV=/x SECRET=x WRIT_SOCKET=''
	export HANDED=yes MANY_A=1 MANY_B=2 FIXED=x LANG=C TZ=UTC LC_TIME=x LC_ALL=/x WRIT_GRANT=x
	export TERM=dumb
	contains 'by run' GCONV_PATH=/x "$(variables writ run launched)"
	want 'by exec' "$(printf '%s\n' 'FIXED=by policy' HANDED=yes HOME=/root LANG=C LC_TIME=C \
		LOGNAME=root MANY_A=1 MANY_B=2 \
		PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin SHELL=/bin/sh \
		TERM=dumb TZ=UTC USER=root WRIT_AGENT=launched "WRIT_GRANT=$grant")" \
		"$(variables writ exec "$grant")"
}

case_grant_that_is_none() {
	errand
	refused 125 "no grant 4711" writ exec 4711
	refused 125 "no grant's number" writ exec x
	writ revoke "$grant" >/dev/null || fail 'writ revoke failed'
	refused 125 "grant $grant was revoked; 'writ grant errand --agent launched" \
		writ exec "$grant"
	errand --ttl 1s
	await 30 has_expired || fail 'it does not expire'
	refused 125 "grant $grant has expired; 'writ grant" writ exec "$grant"
	errand --delay 1h
	refused 125 "grant $grant begins in" writ exec "$grant"
	refused 125 "grant $grant begins in" writ exec "$grant" --json
	contains 'as JSON' '"exit": 125' "$said"
	writ revoke --agent launched >/dev/null
	held
}

has_expired() {
	writ grants --all | grep -E "^$grant .* expired "
}

case_expires_while_it_runs() {
	errand --ttl 20s
	rm -f /tmp/go /tmp/out
	writ exec "$grant" -- $act open r "$path" until /tmp/go open r "$path" >/tmp/out &
	running=$!
	await 20 grep -q ok /tmp/out || fail "it could not begin: $(cat /tmp/out)"
	await 40 has_expired || fail 'it does not expire'
	: >/tmp/go
	wait $running
	want 'status' 0 $?
	want 'what it could do' 'ok ok EPERM' "$(cat /tmp/out)"
	seen deny open expired "$path" "grant=$grant"
}

case_signals_are_handed_on() {
	errand
	rm -f /tmp/go /tmp/out
	writ exec "$grant" -- $act open r "$path" until /tmp/go >/tmp/out &
	running=$!
	await 20 grep -q ok /tmp/out || fail 'it could not begin'
	kill -TERM $running
	wait $running
	want 'status' 143 $?
	want 'cgroups that are left' '' "$(ls -d $root/vm/launched/exec-* 2>/dev/null)"
}

# What is left in its cgroup goes on as the agent, and the next command has one of its own.
case_processes_that_it_leaves() {
	errand
	rm -f /tmp/go /tmp/out
	# shellcheck disable=SC2016 # for the shell in the agent
	writ exec "$grant" -- /usr/bin/dash -c '"$@" &' dash $act until /tmp/go open r "$path" \
		open r /vm/secret/act >/tmp/out
	want 'status' 0 $?
	stays=$(ls -d $root/vm/launched/exec-*) || fail 'its cgroup is gone'
	want 'its own cgroup' ok "$(writ exec "$grant" -- $act open r "$path")"
	: >/tmp/go
	await 20 grep -q EPERM /tmp/out || fail "it does not go on: $(cat /tmp/out)"
	want 'what it could do' 'ok ok EPERM' "$(cat /tmp/out)"
	await 20 rmdir "$stays" || fail "$stays can not be removed"
}

case_playbook_that_policy_drops() {
	errand
	want 'before' ok "$(writ exec "$grant" -- $act open r "$path")"
	sed -i 's/errand/chore/' $policy/launch.yaml
	reload policy_applied
	refused 125 "grant $grant was revoked" writ exec "$grant"
	standard_policy
	reload policy_applied
	held
}

case_agent_of_many_cgroups() {
	path=$(place /vm/grants)/f
	grant=$(writ grant errand --agent launched-many "place=$name" --json | value grant)
	refused 125 --cgroup writ exec "$grant"
	refused 125 'not bound to launched-many' writ exec "$grant" --cgroup /vm/launched
	refused 125 'is no path' writ exec "$grant" --cgroup vm/launched-many/a
	want 'with a cgroup that matches' ok \
		"$(writ exec "$grant" --cgroup /vm/launched-many/a/ -- $act open r "$path")"
}

# It holds the grant without: there is no run to be moved into. No control socket is open to it, so it
# can give itself no environment either.
case_agent_has_no_use_for_it() {
	errand
	agent launched /vm/launched
	said=$(as "$group" /usr/bin/writ exec "$grant" -- $act open r "$path" 2>&1)
	want 'status' 125 $?
	contains 'what it says' "grant $grant is held by the whole agent" "$said"
	said=$(as "$group" /usr/bin/writ exec "$grant" --socket /run/writ/core.sock \
		-- $act open r "$path" 2>&1)
	want 'status by the control socket' 125 $?
	contains 'what it says' "closed to agents. Have an operator" "$said"
	seen deny connect protected /run/writ/core.sock
	want 'without' ok "$(as "$group" $act open r "$path")"
	want 'by an operator' ok "$(writ exec "$grant" -- $act open r "$path")"
}
