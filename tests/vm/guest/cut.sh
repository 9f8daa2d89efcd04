# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=dash disable=SC2154,SC2034
# What the end of a grant destroys, so that peers know, and what is said of it. That the agent itself
# is refused is reach.sh's.

subject=reacher

# give [PLAYBOOK [OPTION...]]: a grant for the agent at hand, in $grant.
give() {
	playbook=${1:-reach}
	[ $# -eq 0 ] || shift
	writ grant "$playbook" --agent "$who" "$@" --json >/tmp/grant || fail "no grant of $playbook"
	grant=$(value grant </tmp/grant)
}

# end [EXPECTED]: what `writ revoke` says of it.
end() {
	said=$(writ revoke "$grant") || fail "grant $grant was not revoked"
	[ -z "${1:-}" ] || want 'what writ revoke says' "  $1" "$(printf '%s\n' "$said" | tail -n 1)"
}

is_said() {
	[ "$(cat "/tmp/out.$name$2")" = "$1 " ]
}

# opened EXPECTED [WHO]: the process in the background has come so far.
opened() {
	await 20 is_said "$1" "${2:-}" || fail "expected '$1', got '$(cat "/tmp/out.$name${2:-}")'"
}

# peer ACTS...: an unmanaged process that talks to the agent; what it says is told by peer_says.
peer() {
	$act "$@" >"/tmp/out.$name.peer" 2>&1 &
	peer=$!
}

# peer_listens [COMMAND...]: on port 7100, until it is told of the end.
peer_listens() {
	peer answer 7100 accept told
	opened ok .peer
}

peer_says() {
	wait $peer
	want 'what the peer was told' "$1" "$(cat "/tmp/out.$name.peer")"
}

# What the log says of it.
seen_cut() {
	found type=grant event=cut "agent=$who" "grant=$grant" "$@"
}

# A socket that was cut has no peer any more; the denial names the grant all the same.
seen_denied() {
	found type=decision "agent=$who" verdict=deny operation=send "reason=$1" "grant=$grant" \
		"object=tcp 127.0.0.1:7100"
}

# Before 6.5 a kernel destroys no socket by itself.
is_old() {
	case $(uname -r) in
	6.1.*) ;;
	*) false ;;
	esac
}

# The control: as long as nothing ends, the connection goes on. The agent's own words are reach.sh's.
case_tcp_peer_is_told() {
	peer_listens
	try EPERM call tcp 7100
	mark
	give
	later "$group" call tcp 7100 say until "/tmp/go.$name" say hear
	opened 'ok ok'
	sleep 2
	opened 'ok ok' .peer
	end 'cut: 0 open files, 1 sockets (1 closed)'
	peer_says 'ok ok ECONNRESET'
	seen_cut cut.sockets=1 cut.closed=1 cut.files=0 cut.mappings=0
	mark
	go 'ok ok ok EPERM EPERM'
	seen_denied revoked
}

case_peer_is_told_of_the_expiry() {
	peer_listens
	mark
	give reach --ttl 3s
	later "$group" call tcp 7100 until "/tmp/go.$name" say
	opened ok
	peer_says 'ok ok ECONNRESET'
	seen_cut cut.sockets=1 cut.closed=1
	go 'ok ok EPERM'
	seen_denied expired
}

case_peer_is_told_by_the_next_writd() {
	peer_listens
	mark
	give reach --ttl 3s
	later "$group" call tcp 7100 until "/tmp/go.$name" say
	opened ok
	daemon_end KILL
	sleep 5
	opened 'ok ok' .peer
	daemon_must_start
	peer_says 'ok ok ECONNRESET'
	seen_cut cut.sockets=1 cut.closed=1
	go 'ok ok EPERM'
}

# The role's connection, an unmanaged process's, and one to the same peer by another grant.
case_what_is_not_the_grants_stays() {
	serve listen 7102 listen 7100
	mark
	give
	later "$group" call tcp 7102 until "/tmp/go.$name" say hear
	opened ok
	$act call tcp 7100 until "/tmp/go.$name" say hear >"/tmp/out.$name.free" &
	opened ok .free
	end 'nothing was open by it'
	go 'ok ok ok EAGAIN'
	want 'the unmanaged' 'ok ok ok EAGAIN' "$(cat "/tmp/out.$name.free")"
	lines 0 type=grant event=cut
	stop
}

case_other_grant_keeps_it() {
	serve listen 7100
	give reach-run
	other=$grant
	give
	first=$grant
	give
	later "$group" call tcp 7100 until "/tmp/go.$name" say hear
	opened ok
	grant=$first
	end 'nothing was open by it'
	go 'ok ok ok EAGAIN'
	stop
	writ revoke --agent "$who" >/dev/null
}

# Of two runs with the same rule one ends: its connection, not the other's.
case_runs_are_told_apart() {
	give reach-run
	first=$grant
	give reach-run
	serve listen 7100
	writ exec "$first" -- $act call tcp 7100 until "/tmp/go.$name" say >"/tmp/out.$name.first" &
	opened ok .first
	writ exec "$grant" -- $act call tcp 7100 until "/tmp/go.$name" say hear \
		>"/tmp/out.$name.second" &
	second=$!
	opened ok .second
	other=$grant
	grant=$first
	end 'cut: 0 open files, 1 sockets (1 closed)'
	: >"/tmp/go.$name"
	wait $second
	want 'the other run' 'ok ok ok EAGAIN' "$(cat "/tmp/out.$name.second")"
	opened 'ok ok EPERM' .first
	stop
}

# One socket, however many descriptors and processes have it.
case_copies_are_one_socket() {
	peer_listens
	give
	later "$group" call tcp 7100 twin until "/tmp/go.$name" say
	opened 'ok ok'
	end 'cut: 0 open files, 1 sockets (1 closed)'
	peer_says 'ok ok ECONNRESET'
	go 'ok ok ok EPERM'
}

# The peer has been told that nothing comes any more; now it can't say anything, either.
case_half_closed_is_cut() {
	peer answer 7100 accept told until "/tmp/end.$name" say
	opened ok .peer
	rm -f "/tmp/end.$name"
	give
	later "$group" call tcp 7100 half until "/tmp/go.$name" hear
	opened 'ok ok'
	opened 'ok ok ok' .peer
	end 'cut: 0 open files, 1 sockets (1 closed)'
	: >"/tmp/end.$name"
	peer_says 'ok ok ok ok EPIPE'
	go 'ok ok ok EPERM'
}

# Accepted in a child, and not accepted yet.
case_accepted_are_cut() {
	give
	later "$group" answer 7101 twin until "/tmp/acc.$name" accept twin until "/tmp/go.$name" say
	opened 'ok ok'
	peer call tcp 7101 told
	opened ok .peer
	: >"/tmp/acc.$name"
	opened 'ok ok ok ok ok'
	$act call tcp 7101 told >"/tmp/out.$name.late" &
	late=$!
	opened ok .late
	end 'cut: 0 open files, 2 sockets (2 closed)' # the listener, which takes along who waits
	peer_says 'ok ECONNRESET'
	wait $late
	want 'who was not accepted' 'ok ECONNRESET' "$(cat "/tmp/out.$name.late")"
	go 'ok ok ok ok ok ok EPERM'
}

# No descriptor leads to it: it is on its way. What destroys sockets by itself finds it all the same.
case_socket_on_its_way_is_cut() {
	! is_old || skip 'this kernel destroys no sockets by itself'
	peer_listens
	mark
	give
	later "$group" call tcp 7100 stow until "/tmp/go.$name"
	opened 'ok ok'
	end 'cut: 0 open files, 0 sockets (1 closed)'
	peer_says 'ok ok ECONNRESET'
	seen_cut cut.sockets=0 cut.closed=1
	go 'ok ok ok'
}

# A process outside of every agent has it, too: it is left to it, and refused to the agent.
case_shared_with_an_unmanaged_stays() {
	serve listen 7100
	give
	mkdir -p "$root$group"
	$act procs "$root$group/cgroup.procs" fresh twin join dialto 7100 until "/tmp/go.$name" say \
		>"/tmp/out.$name" &
	later=$!
	opened 'ok ok ok ok ok'
	end 'nothing was open by it'
	go 'ok ok ok ok ok ok EPERM'
	stop
}

case_unix_peer_is_told() {
	path=$(place /vm/reach/granted)/socket
	peer answerunix "$path" accept told
	opened ok .peer
	give
	later "$group" callunix "$path" until "/tmp/go.$name" say
	opened ok
	end 'cut: 0 open files, 1 sockets (1 closed)'
	peer_says 'ok ok ok'
	go 'ok ok EPERM'
}

# An agent in a network of its own, and its peer there.
case_other_network_is_cut() {
	rm -f "/tmp/net.$name"
	unshare -n /bin/sh -c "ip link set lo up && echo \$\$ >/tmp/net.$name && exec sleep 60" &
	elsewhere=$!
	await 20 test -s "/tmp/net.$name" || fail 'no network'
	nsenter --net="/proc/$elsewhere/ns/net" $act answer 7100 accept told >"/tmp/out.$name.peer" 2>&1 &
	peer=$!
	opened ok .peer
	mark
	give
	nsenter --net="/proc/$elsewhere/ns/net" $act procs "$root$group/cgroup.procs" join \
		call tcp 7100 until "/tmp/go.$name" say >"/tmp/out.$name" 2>&1 &
	later=$!
	opened 'ok ok ok'
	end 'cut: 0 open files, 1 sockets (1 closed)'
	peer_says 'ok ok ECONNRESET'
	go 'ok ok ok ok EPERM'
	kill $elsewhere
}

# Files and mappings are counted, each once; the role's and what was open before are not.
case_files_are_counted() {
	dir=$(place /vm/reach/granted)
	path=$dir/f
	echo content >"$dir/g"
	echo content >"$dir/before"
	own=$(place /vm/reach/own)/f
	mark
	give
	exec 9<"$dir/before"
	later "$group" hold r "$own" hold r "$path" many 5 keepmapped hold r "$path" hold rd "$dir" \
		hold r "$dir/g" twin until "/tmp/go.$name" read
	exec 9<&-
	opened 'ok ok ok ok ok ok ok ok'
	end 'cut: 3 open files, 0 sockets (0 closed); 2 mappings stay in memory' # one in each process
	seen_cut cut.files=3 cut.mappings=2 cut.sockets=0
	writ grants --all --json >/tmp/grants
	contains 'writ grants' '"files": 3' "$(cat /tmp/grants)"
	go 'ok ok ok ok ok ok ok ok ok EPERM'
}

# So long as a right is left, nothing is cut; and a suspension cuts what the grant would still give.
case_suspension_cuts() {
	peer_listens
	mark
	give
	later "$group" call tcp 7100 until "/tmp/go.$name" say
	opened ok
	writ suspend "$who" >/dev/null || fail 'not suspended'
	peer_says 'ok ok ECONNRESET'
	seen_cut cut.closed=1
	go 'ok ok EPERM'
	writ resume "$who" >/dev/null
	writ revoke "$grant" >/dev/null
}

case_monitor_cuts_nothing() {
	agent reacher-watched /vm/reacher-watched
	serve listen 7100
	give
	later "$group" call tcp 7100 until "/tmp/go.$name" say hear
	opened ok
	end 'nothing was open by it'
	go 'ok ok ok EAGAIN'
	stop
}

# Hundredths of a second since the boot.
moment() {
	tr -d . </proc/uptime | cut -d ' ' -f 1
}

# Whoever has many descriptors has what he has open cut, and writd answers meanwhile.
case_many_descriptors() {
	dir=$(place /vm/reach/granted)
	peer_listens
	mark
	give reach --ttl 5m
	ulimit -n 120000
	later "$group" hold r "$dir/f" many 3000 call tcp 7100 until "/tmp/go.$name" say
	await 60 is_said 'ok ok ok' '' || fail "it got no further than '$(cat "/tmp/out.$name")'"
	cutter=$(status cutter)
	before=$(moment)
	writ revoke "$grant" >/tmp/revoked &
	revoking=$!
	await 5 sweeper || fail 'nobody looks'
	looks=$(sweeper) && kill -STOP "$looks" || fail 'it was through before it could be stopped'
	asked=$(moment)
	writ status >/dev/null || fail 'no answer'
	answered=$(moment)
	kill -CONT "$looks" || fail 'it was through before writd could be asked beside it'
	await 120 no_sweeper || fail 'it looks for ever'
	peer_says 'ok ok ECONNRESET'
	seen_cut cut.files=1 cut.sockets=1 cut.closed=1
	note "while 3,000 descriptors are looked at an answer takes $(((answered - asked) * 10)) ms;" \
		"all of it $((($(moment) - before) * 10)) ms"
	wait $revoking
	go 'ok ok ok ok EPERM'
}

# sweeper: the child of $cutter that looks; fails when there is none.
sweeper() {
	for process in $(grep -ls "^PPid:.$cutter\$" /proc/[0-9]*/status); do
		process=${process#/proc/}
		echo "${process%/status}"
		return
	done
	return 1
}

no_sweeper() {
	! sweeper
}

# The child that looks may die, or be killed: writd goes on, the right is gone, and it is said that
# nothing was counted.
case_a_sweep_that_dies() {
	path=$(place /vm/reach/granted)/f
	give
	ulimit -n 120000
	later "$group" hold r "$path" many 100000 until "/tmp/go.$name" read
	await 60 is_said 'ok ok' || fail "it got no further than '$(cat "/tmp/out.$name")'"
	mark
	broker=$(status broker)
	cutter=$(status cutter)
	(
		until sweep=$(grep -ls "^PPid:.$cutter\$" /proc/[0-9]*/status | sed 's/[^0-9]*\([0-9]*\).*/\1/') && [ "$sweep" ]; do :; done
		kill -9 "$sweep"
	) &
	killer=$!
	end
	wait $killer
	seen_cut cut.files=0 cut.in_part=true
	want 'the broker' "$broker" "$(status broker)"
	go 'ok ok ok EPERM'
}

# The cutter itself: what ends later is told in part, status and the record say so once, and a new
# writd has another one.
case_a_cutter_that_dies() {
	path=$(place /vm/reach/granted)/f
	mark
	cutter=$(status cutter)
	[ "$cutter" -gt 0 ] || fail 'there is no cutter'
	kill -9 "$cutter"
	await 20 cutter_is_gone || fail 'writd has not seen it'
	lines 1 type=daemon event=cutter_died
	contains 'writ status' 'cutter' "$(writ status)"
	give
	later "$group" hold r "$path" until "/tmp/go.$name" read
	opened ok
	end
	seen_cut cut.files=0 cut.in_part=true
	go 'ok ok EPERM'
	daemon_end TERM
	daemon_must_start
	[ "$(status cutter)" -gt 0 ] || fail 'the new writd has no cutter'
}

cutter_is_gone() {
	[ "$(status cutter)" = 0 ]
}

# With writd it goes.
case_the_cutter_ends_with_writd() {
	cutter=$(status cutter)
	[ -d "/proc/$cutter" ] || fail 'there is no cutter'
	daemon_end KILL
	await 20 test ! -d "/proc/$cutter" || fail 'it lives on'
	daemon_must_start
}
