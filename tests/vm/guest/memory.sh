# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=dash disable=SC2154
# What the hooks remember (paths of directories, verdicts, whose a pid is), and how it could be made
# to be wrong.

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

# few_pids: each pid is soon another task's.
few_pids() {
	echo 500 >/proc/sys/kernel/pid_max || fail 'pid_max can not be set'
}

secret() {
	path=$(place /vm/secret)/f
	free ok open r "$path"
}

# A worker of a ring is a task that no fork tells of. Each pid that it could get was an unmanaged
# task's before, of whom it is remembered.
case_worker_gets_an_unmanaged_pid() {
	secret
	free ok workers 20 "$path"
	try 20 workers 20 "$path"
	few_pids
	later "$group" until "/tmp/go.$name" workers 100 "$path"
	free ok children 600 "$path"
	mark
	go 'ok 100'
	lines 100 "agent=$who" operation=open verdict=deny "object=$path"
}

# And the other way round: an unmanaged one's worker gets a pid that was an agent's.
case_worker_gets_an_agents_pid() {
	secret
	few_pids
	later - until "/tmp/go.$name" workers 100 "$path"
	try 600 children 600 "$path"
	go 'ok ok'
	try 20 workers 20 "$path"
}
