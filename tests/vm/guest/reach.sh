# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=dash disable=SC2154,SC2034
# What a grant has opened ends with it: files, mappings to come, sockets. What the role opened, and
# what was open before, does not.

begin_fresh=attached_while_it_is_needed
subject=reacher
links=/sys/fs/bpf/writ/links

# give [PLAYBOOK [OPTION...]]: a grant for the agent at hand, in $grant.
give() {
	playbook=${1:-reach}
	[ $# -eq 0 ] || shift
	writ grant "$playbook" --agent "$who" "$@" --json >/tmp/grant || fail "no grant of $playbook"
	grant=$(value grant </tmp/grant)
}

end() {
	writ revoke "$grant" >/dev/null || fail "grant $grant was not revoked"
}

is_said() {
	[ "$(cat "/tmp/out.$name")" = "$1 " ]
}

# opened EXPECTED: the process in the background has come so far.
opened() {
	await 20 is_said "$1" || fail "expected '$1', got '$(cat "/tmp/out.$name")'"
}

granted() {
	path=$(place /vm/reach/granted)/f
	chmod 666 "$path"
	free ok open r "$path"
	try EPERM open r "$path"
	mark
}

# The acts behind `until` come when the grant is over.
case_file_is_revoked() {
	granted
	give
	later "$group" hold rw "$path" read write x splice roll rollshared until "/tmp/go.$name" \
		read write y splice roll rollshared read
	opened 'ok ok ok ok ok ok'
	seen allow open grant "$path"
	mark
	end
	go 'ok ok ok ok ok ok ok EPERM EPERM EPERM EPERM EPERM EPERM'
	seen deny read revoked "$path" "grant=$grant"
	seen deny write revoked "$path" "grant=$grant"
	seen deny map revoked "$path" "grant=$grant"
	[ "$(cat "$path")" = xontent ] || fail "it was written: $(cat "$path")"
}

case_directory_is_revoked() {
	granted
	give
	later "$group" hold rd "${path%/f}" list until "/tmp/go.$name" list
	opened 'ok ok'
	end
	go 'ok ok ok EPERM'
	seen deny read revoked "${path%/f}"
}

# Nobody has to live for it.
case_file_expires_with_writd_dead() {
	granted
	give reach --ttl 3s
	later "$group" hold rw "$path" read until "/tmp/go.$name" read write y
	opened 'ok ok'
	daemon_end KILL
	sleep 4
	go 'ok ok ok EPERM EPERM'
	daemon_must_start
	seen deny read expired "$path"
}

# One writd ends the grant, and is killed before another one is asked.
case_file_is_revoked_and_writd_killed() {
	granted
	give
	later "$group" hold r "$path" read until "/tmp/go.$name" read
	opened 'ok ok'
	end
	daemon_end KILL
	go 'ok ok ok EPERM'
	daemon_must_start
	seen deny read revoked "$path"
}

# What was never the grant's goes on: the role's files, what was inherited, what has no name.
case_what_is_not_the_grants_stays() {
	granted
	own=$(place /vm/reach/own)/f
	chmod 666 "$own"
	outside=$(place /vm/secret)/f
	give
	allowed grant r "$path"
	later "$group" hold rw "$own" read write x until "/tmp/go.$name" read write y
	opened 'ok ok ok'
	end
	go 'ok ok ok ok ok ok'
	give
	(exec 3<"$outside" && as "$group" $act open r "$path" until "/tmp/go2.$name" >"/tmp/out2.$name") &
	: >"/tmp/go2.$name"
	wait $! || fail 'what it inherited was in its way'
	(as "$group" /vm/bin/act open r "$own" <"$outside" >/dev/null) || fail 'inherited input'
	end
}

# Of two grants that both allow it, one is enough.
case_other_grant_goes_on() {
	granted
	give reach-read --ttl 5m
	other=$grant
	give reach
	later "$group" hold rw "$path" read write x until "/tmp/go.$name" read write y
	opened 'ok ok ok'
	end
	go 'ok ok ok ok ok EPERM'
	grant=$other
	end
}

# Another grant that ends meanwhile, and one that begins, take nothing from a file without a name.
case_file_without_name_lives_as_its_grant() {
	granted
	give reach-read --ttl 5m
	other=$grant
	give
	later "$group" hold rwc "${path%/f}/fresh" unlink "${path%/f}/fresh" write x read \
		until "/tmp/go.$name" read write y until "/tmp/end.$name" read write z
	opened 'ok ok ok ok'
	writ revoke "$other" >/dev/null || fail 'not revoked'
	give reach-read --ttl 5m
	: >"/tmp/go.$name"
	opened 'ok ok ok ok ok ok ok'
	writ revoke --agent "$who" >/dev/null || fail 'not revoked'
	: >"/tmp/end.$name"
	wait "$later"
	want 'what it could do' 'ok ok ok ok ok ok ok ok EPERM EPERM' "$(cat "/tmp/out.$name")"
}

# What is opened again by the next grant is open, and what the old one had open is too.
case_next_grant_opens_it_again() {
	granted
	give
	later "$group" hold r "$path" read until "/tmp/go.$name" read until "/tmp/end.$name" read
	opened 'ok ok'
	end
	: >"/tmp/go.$name"
	opened 'ok ok ok EPERM'
	give
	: >"/tmp/end.$name"
	wait "$later"
	want 'what it could do' 'ok ok ok EPERM ok ok' "$(cat "/tmp/out.$name")"
	end
}

# connection EXPECTED_BEFORE EXPECTED_AFTER ACT...: says, pours and hears before and after the end.
connection() {
	before=$1 after=$2
	shift 2
	give
	later "$group" "$@" say pour hear until "/tmp/go.$name" say pour hear
	opened "$before"
	end
	go "$before ok $after"
	seen_end send
	seen_end recv
}

seen_end() {
	found type=decision "agent=$who" verdict=deny "operation=$1" reason=revoked "grant=$grant"
}

case_tcp_is_revoked() {
	serve listen 7100
	try EPERM call tcp 7100
	mark
	connection 'ok ok ok EAGAIN' 'EPERM EPERM EPERM' call tcp 7100
	stop
}

case_udp_is_revoked() {
	try EPERM call udp 7100
	mark
	give
	later "$group" call udp 7100 hear until "/tmp/go.$name" say hear
	opened 'ok EAGAIN'
	end
	go 'ok EAGAIN ok EPERM EPERM'
	seen_end send
	seen_end recv
}

case_unix_is_revoked() {
	granted
	serve listenunix "${path%/f}/socket"
	connection 'ok ok ok EAGAIN' 'EPERM EPERM EPERM' callunix "${path%/f}/socket"
	stop
}

# Who was accepted by a listener that the grant opened is cut off, and so is who comes later.
case_accepted_is_revoked() {
	try EPERM answer 7101
	mark
	give
	later "$group" answer 7101 accept say hear until "/tmp/go.$name" say hear
	opened 'ok'
	$act call tcp 7101 until "/tmp/end.$name" >/dev/null &
	opened 'ok ok ok EAGAIN'
	end
	go 'ok ok ok EAGAIN ok EPERM EPERM'
	seen_end send
	: >"/tmp/end.$name"
}

case_monitor_tells_and_lets() {
	agent reacher-watched /vm/reacher-watched
	path=$(place /vm/reach/granted)/f
	give
	later "$group" hold r "$path" read until "/tmp/go.$name" read
	opened 'ok ok'
	mark
	end
	go 'ok ok ok ok'
	seen would_deny read revoked "$path"
}

case_unmanaged_is_left_alone() {
	granted
	give
	allowed grant r "$path"
	later - hold rw "$path" read until "/tmp/go.$name" read write x
	opened 'ok ok'
	end
	mark
	go 'ok ok ok ok ok'
	lines 0 type=decision "object=$path"
}

is_detached() {
	[ ! -e $links/reach_file_permission ] && [ ! -e $links/reach_socket_recvmsg ]
}

case_unload_takes_them() {
	granted
	give
	allowed grant r "$path"
	daemon_end TERM
	writd --unload || fail 'writd --unload failed'
	want 'programs that are left' '' "$(/vm/bin/objects programs)"
	daemon_unfit
}

# Nothing is in the way of a read while no grant needs it: not before the first, not after the last.
case_attached_while_it_is_needed() {
	writ revoke --agent reacher >/dev/null 2>&1
	find "$root/vm" -mindepth 1 -depth -type d -exec rmdir {} + 2>/dev/null
	daemon_fresh
	is_detached || fail 'they are attached though there was no grant'
	agent reacher "/vm/reacher/$name"
	granted
	give
	is_detached && fail 'they are not attached'
	later "$group" hold r "$path" read until "/tmp/go.$name" read
	opened 'ok ok'
	end
	sleep 12
	is_detached && fail 'they are not attached though it is open'
	go 'ok ok ok EPERM'
	find "$root/vm" -mindepth 1 -depth -type d -exec rmdir {} + 2>/dev/null
	await 40 is_detached || fail 'they are attached though nobody is left'
}

# An upgrade takes them along, and forgets nothing.
case_new_writd_keeps_them() {
	granted
	give
	later "$group" hold r "$path" read until "/tmp/go.$name" read
	opened 'ok ok'
	daemon_end KILL
	/vm/bin/objects unpin $links/file_open || fail 'it was not removed'
	daemon_must_start
	contains 'what writd says' upgraded "$(cat /run/writd.log)"
	is_detached && fail 'they are not attached'
	end
	go 'ok ok ok EPERM'
	seen deny read revoked "$path"
}
