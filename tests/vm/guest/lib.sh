# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=dash disable=SC2154
#
# What the cases are written in. A case ends at the first thing that is not as it should be.
# In:  $name, the case's name; writd runs and has applied $policy.
# A case's agent is `worker` in a cgroup of the case's own, unless it says `agent NAME CGROUP`.

root=/sys/fs/cgroup
act=/vm/bin/act
log=/var/log/writ/audit.jsonl
canaries=3 # records of one proof of enforcement: open, connect, open_exec
policy=/run/policy
daemon_program=writd
wait_seconds=30 # for a line of the log: what can't come fails late, what comes is seen at once

fail() {
	printf '%s\n' "$*" >/tmp/reason
	exit 1
}

skip() {
	printf '%s\n' "$*" >/tmp/reason
	exit 77
}

# note TEXT...: a number that people shall see, shown as a comment.
note() {
	echo "@@ note $name: $*"
}

# want WHAT EXPECTED GOT: a blank at the end is `act`'s.
want() {
	[ "$2" = "${3% }" ] || fail "$1: expected '$2', got '$3'"
}

# contains WHAT PATTERN TEXT
contains() {
	# shellcheck disable=SC2254 # a pattern is wanted
	case $3 in
	*$2*) ;;
	*) fail "$1: expected '$2' in '$3'" ;;
	esac
}

# --- acts -----------------------------------------------------------------------------------------

agent() {
	who=$1
	group=$2
	mkdir -p "$root$group"
}

# become CGROUP COMMAND...: this process, so a subshell that is then in the cgroup for good.
become() {
	[ -d "$root$1" ] || mkdir -p "$root$1"
	echo 0 >"$root$1/cgroup.procs"
	shift
	exec "$@"
}

# as CGROUP COMMAND...
as() {
	(become "$@")
}

# The agent's acts give these words.
try() {
	expected=$1
	shift
	want "agent's '$*'" "$expected" "$(as "$group" $act "$@")"
}

# An unmanaged process's acts do.
free() {
	expected=$1
	shift
	want "unmanaged '$*'" "$expected" "$($act "$@")"
}

# later CGROUP ACTS...: starts them in the background, in the cgroup ("-": unmanaged); they wait for
# `go`. $later is the process.
later() {
	into=$1
	shift
	rm -f "/tmp/go.$name" "/tmp/out.$name"
	if [ "$into" = - ]; then
		(exec $act "$@") >"/tmp/out.$name" &
	else
		(become "$into" $act "$@") >"/tmp/out.$name" &
	fi
	later=$!
	await 20 is_act || fail 'it did not start'
}

is_act() {
	[ "$(readlink "/proc/$later/exe")" = $act ]
}

# go EXPECTED
go() {
	: >"/tmp/go.$name"
	wait "$later"
	want 'what it could do' "$1" "$(cat "/tmp/out.$name")"
}

move() {
	echo "$1" >"$root$2/cgroup.procs" || fail "could not move $1 to $2"
}

# --- servers --------------------------------------------------------------------------------------

# serve ACTS...: somebody who listens, unmanaged, until `stop`.
serve() {
	rm -rf /tmp/stop /tmp/served
	$act "$@" open rwc /tmp/served until /tmp/stop >/tmp/serve.out &
	server=$!
	await 20 test -e /tmp/served || fail "nobody listens: $(cat /tmp/serve.out)"
}

stop() {
	: >/tmp/stop
	wait $server
}

# --- the log --------------------------------------------------------------------------------------

mark() {
	mark=$(stat -c %s $log)
}

# found TEST...: the log has, or soon has, a line behind the mark that passes them.
found() {
	/vm/bin/audit find "$mark" $wait_seconds "$@" ||
		fail "the log has no line with $*"
}

# seen VERDICT OPERATION REASON OBJECT [TEST...]: a decision about the agent at hand.
seen() {
	tests="verdict=$1 operation=$2 reason=$3"
	object=$4
	shift 4
	# shellcheck disable=SC2086 # words
	found type=decision "agent=$who" $tests "object=$object" "$@"
}

# seen_unmanaged OPERATION OBJECT: that a process outside of every agent was kept from Writ's own.
seen_unmanaged() {
	found type=decision agent_index=0 verdict=deny reason=protected "operation=$1" "object=$2"
}

# What is in the ring is in the log when this returns: records keep their order.
settle() {
	settled=$((${settled:-0} + 1))
	: >"/vm/settle.$name.$settled"
	as /vm/idle $act open r "/vm/settle.$name.$settled" >/dev/null
	found agent=idle "object=/vm/settle.$name.$settled"
}

# lines NUMBER TEST...: just so many behind the mark.
lines() {
	expected=$1
	shift
	settle
	want "lines with $*" "$expected" "$(/vm/bin/audit count "$mark" "$@")"
}

# denied REASON FLAGS PATH [OBJECT]: by its controls: an unmanaged process may, the agent may not,
# and the log says why.
denied() {
	free ok open "$2" "$3"
	try EPERM open "$2" "$3"
	seen deny open "$1" "${4:-$3}"
}

# allowed REASON FLAGS PATH [OBJECT]
allowed() {
	try ok open "$2" "$3"
	seen allow open "$1" "${4:-$3}"
}

# A folder of the case's own below DIR; prints it. A file `f` is in it.
place() {
	mkdir -p "$1/$name"
	echo content >"$1/$name/f"
	echo "$1/$name"
}

# What only an unmanaged process may open, $path.
secret() {
	path=$(place /vm/secret)/f
	free ok open r "$path"
}

# Every case that allows something also shows that this agent is held, and that it is told.
held() {
	held=$(place /vm/secret)/held
	echo held >"$held"
	denied no_rule r "$held"
}

# whole: each record is in the log once, canaries apart.
whole() {
	settle
	/vm/bin/audit whole $((canaries * $(status generation))) "$@" >/tmp/whole || fail "$(cat /tmp/whole)"
}

# clock_is SOURCE: that its guest was booted with. One that the vDSO can't read must be there to show
# that Writ's processes may ask the kernel for the time.
clock_is() {
	want 'clock source' "$1" "$(cat /sys/devices/system/clocksource/clocksource0/current_clocksource)"
}

# --- writd ----------------------------------------------------------------------------------------

# status KEY: a number or word of `writ status --json`.
status() {
	writ status --json | sed -n "s/^ *\"$1\": \"\{0,1\}\([^\",]*\)\"\{0,1\},\{0,1\}\$/\1/p" | head -n 1
}

# value KEY, of JSON on standard input: the first one.
value() {
	sed -n "s/^ *\"$1\": \"\{0,1\}\([^\",]*\)\"\{0,1\},\{0,1\}\$/\1/p" | head -n 1
}

# Until it is a zombie: only then are its files closed, and its locks given up.
is_alive() {
	grep -q '^State:.[^ZX]' "/proc/$1/status" 2>/dev/null
}

# Waits until the command succeeds: SECONDS, where the emulator has a processor to itself, and four
# times that where it has not.
await() {
	left=$(($1 * 40))
	shift
	until "$@" >/dev/null 2>&1; do
		[ $left -gt 0 ] || return 1
		left=$((left - 1))
		sleep 0.1
	done
}

# By what it has said: a `writ status` now and then would take the processor from what is awaited.
ready_or_ended() {
	while read -r line; do
		case $line in
		'writd: ready: '*) return ;; # the broker says it, too
		esac
	done </run/writd.log
	! is_alive "$daemon"
}

daemon_pid() {
	cat /run/writd.pid
}

# daemon_start OPTION...: returns when it answers; 1 when it has ended instead, with its words in
# /run/writd.log.
daemon_start() {
	: >/run/writd.log
	$daemon_program --policy $policy "$@" </dev/null >/run/writd.log 2>&1 &
	daemon=$!
	echo $daemon >/run/writd.pid
	await 200 ready_or_ended
	is_alive $daemon
}

daemon_must_start() {
	daemon_start "$@" || fail "writd ended: $(tail -n 3 /run/writd.log)"
}

has_ended() {
	! is_alive "$1"
}

daemon_runs() {
	[ -s /run/writd.pid ] && is_alive "$(daemon_pid)"
}

# daemon_end SIGNAL
daemon_end() {
	daemon=$(daemon_pid)
	kill "-$1" "$daemon"
	await 30 has_ended "$daemon" || fail "writd did not end by SIG$1"
}

standard_policy() {
	rm -rf $policy
	cp -a /vm/policy $policy
}

# Programs that no other case can use are left: they are loaded anew for the next one, unless that
# is one of its family's $begin_fresh and does it itself. Loading takes the guest ten seconds.
daemon_unfit() {
	: >/run/unfit
}

# daemon_fresh [OPTION...]: nothing of before, programs loaded anew.
daemon_fresh() {
	rm -f /run/unfit
	! daemon_runs || daemon_end KILL
	writd --unload >/dev/null 2>&1
	rm -f ${log%/*}/audit*
	mark=0
	daemon_must_start "$@"
}

reload() {
	mark
	kill -HUP "$(daemon_pid)"
	found type=daemon "event=$1"
}
