# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=dash disable=SC2154
# Who is an agent: cgroups, labels, and what becomes of children.

case_label_stays_when_moved_out() {
	secret
	later "$group" until "/tmp/go.$name" open r "$path"
	move $later ''
	contains 'its cgroup' '0::/' "$(cat /proc/$later/cgroup) "
	go 'ok EPERM'
	seen deny open no_rule "$path" cgroup=1
}

case_label_outlives_its_cgroup() {
	secret
	later "$group" until "/tmp/go.$name" fork open r "$path"
	move $later ''
	rmdir "$root$group" || fail 'the cgroup is not empty'
	go 'ok ok EPERM'
	seen deny open no_rule "$path"
}

case_agent_moves_itself_out() {
	secret
	agent mover /vm/mover
	try 'ok ok EPERM' procs $root/cgroup.procs join open r "$path"
	seen deny open no_rule "$path" cgroup=1
}

case_child_cgroup_inherits() {
	secret
	agent mover /vm/mover
	try ok mkdir "$root$group/child"
	found type=enrolment "agent=$who" "object=$group/child"
	free 'ok ok EPERM' procs "$root$group/child/cgroup.procs" join open r "$path"
	seen deny open no_rule "$path"
	mkdir "$root$group/child/grandchild"
	found type=enrolment "agent=$who" "object=$group/child/grandchild"
	free 'ok EPERM' clone "$root$group/child/grandchild" open r "$path"
}

case_deep_child_cgroup_inherits() {
	secret
	below=$group
	for level in $(seq 40); do
		below=$below/$level
	done
	mkdir -p "$root$below"
	found type=enrolment "agent=$who" "object=$below"
	free 'ok ok EPERM' procs "$root$below/cgroup.procs" join open r "$path"
	rmdir -p "$root$below" 2>/dev/null
	true
}

case_clone_into_cgroup() {
	secret
	mkdir -p $root/vm/free
	free 'ok ok' clone $root/vm/free open r "$path"
	try EPERM clone $root/vm/free
	seen deny fork guardrail ''
	mark
	try EPERM clone "$root$group"
	seen deny fork guardrail ''
	try 'ok EPERM' fork open r "$path"
}

case_foreign_clone_into_cgroup() {
	secret
	free 'ok EPERM' clone "$root$group" open r "$path"
	seen deny open no_rule "$path"
}

case_moved_in_later() {
	secret
	later - open r "$path" until "/tmp/go.$name" open r "$path"
	await 20 grep -q ok "/tmp/out.$name"
	move $later "$group"
	go 'ok ok EPERM'
	seen deny open no_rule "$path"
}

# That nobody's child is nobody's is remembered at its birth: not beyond the move.
case_moved_in_before_its_first_act() {
	secret
	later - open r "$path" fork until "/tmp/go.$name" open r "$path"
	await 20 grep -q . "/proc/$later/task/$later/children" || fail 'it has no child' # of size 0, always
	read -r child <"/proc/$later/task/$later/children"
	move "$child" "$group"
	go 'ok ok ok EPERM'
	seen deny open no_rule "$path" "process.pid=$child"
}

# Nobody's child with this pid has ended; what is remembered of it is not of the agent's child.
case_pid_of_a_child_of_nobodys() {
	secret
	later "$group" until "/tmp/go.$name" fork open r "$path"
	: <"$path" # remembered as nobody's, and so is what it gives birth to
	: &
	ended=$!
	wait $ended
	echo $((ended - 1)) >/proc/sys/kernel/ns_last_pid
	go 'ok ok EPERM'
	seen deny open no_rule "$path" "process.pid=$ended"
}

case_moved_in_and_out_again() {
	secret
	later - until "/tmp/go.$name" open r "$path"
	move $later "$group"
	move $later ''
	go 'ok EPERM'
	seen deny open no_rule "$path"
}

case_thread() {
	secret
	try 'ok EPERM' thread open r "$path"
	seen deny open no_rule "$path"
}

case_threads_moved_in() {
	secret
	later - thread until "/tmp/go.$name" open r "$path"
	move $later "$group"
	move $later ''
	go 'ok ok EPERM'
	seen deny open no_rule "$path"
}

case_exec_and_user_change_nothing() {
	secret
	chmod 644 "$path"
	try 'ok EPERM' user 65534 open r "$path"
	seen deny open no_rule "$path" process.uid=65534
	mark
	try 'EPERM' exec $act act open r "$path"
	seen deny open no_rule "$path"
}

case_many_forks() {
	secret
	free ok bomb 150 "$path"
	try 300 bomb 300 "$path"
	lines 300 "agent=$who" operation=open verdict=deny "object=$path"
}

case_run() {
	secret
	agent runner /vm/runner
	want 'writ run' EPERM "$(writ run runner -- $act open r "$path")"
	seen deny open no_rule "$path"
	want 'writ run' ok "$(writ run runner -- $act open r "$(place /vm/data/read)/f")"
	writ run runner -- $act nonsense 2>/dev/null
	want 'status of the command' 2 $?
	writ run runner -- /vm/secret/act open r "$path" 2>/dev/null
	want 'status when not executed' 126 $?
	writ run runner -- /vm/none 2>/dev/null
	want 'status when not found' 127 $?
}

case_run_refuses_a_cgroup_that_is_not_bound() {
	said=$(writ run runner --cgroup /vm/elsewhere -- $act open rwc /tmp/elsewhere 2>&1)
	want 'status' 125 $?
	contains 'error' 'not bound to runner' "$said"
	[ ! -e /tmp/elsewhere ] || fail 'it ran'
	said=$(writ run nobody -- $act open rwc /tmp/elsewhere 2>&1)
	want 'status' 125 $?
	contains 'error' 'no agent nobody' "$said"
	said=$(writ run worker -- $act open rwc /tmp/elsewhere 2>&1)
	want 'status' 125 $?
	contains 'error' --cgroup "$said"
	want 'with a cgroup that matches' EPERM \
		"$(writ run worker --cgroup "/vm/worker/$name" -- $act open rwc /tmp/elsewhere)"
}
