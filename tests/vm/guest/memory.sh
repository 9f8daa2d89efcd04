# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=dash disable=SC2154
# What the hooks remember (paths of directories, verdicts, whose a pid is), and how it could be made
# to be wrong.

# few_pids: each pid is soon another task's.
few_pids() {
	echo 500 >/proc/sys/kernel/pid_max || fail 'pid_max can not be set'
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

# --- paths ------------------------------------------------------------------------------------------

# Two places of the case's own, with a file each: what is below $open the agent may read, what is
# below $hidden it may not.
places() {
	open=$(place /vm/data/read)
	hidden=$(place /vm/secret)
}

# It is opened twice: by what was found, then by what is remembered.
twice() {
	try "$1 $1" open r "$2" open r "$2"
}

# The directory, or one above it, comes to lie where the agent may not read; and comes back.
case_directory_is_moved() {
	places
	mkdir -p "$open/a/b"
	echo content >"$open/a/b/f"
	twice ok "$open/a/b/f"
	later "$group" hold pd "$open/a/b" openat r f until "/tmp/go.$name" openat r f
	await 20 grep -q 'ok ok' "/tmp/out.$name"
	mv "$open/a/b" "$hidden/b"
	denied no_rule r "$hidden/b/f"
	twice EPERM "$hidden/b/f"
	mark
	go 'ok ok ok EPERM'
	seen deny open no_rule "$hidden/b/f"
	mv "$hidden/b" "$open/a/b"
	twice ok "$open/a/b/f"
	mv "$open/a" "$hidden/a"
	denied no_rule r "$hidden/a/b/f"
	mv "$hidden/a" "$open/other"
	twice ok "$open/other/b/f"
}

# A rule that names a file: another one comes to have the name, and the file comes to have another.
case_name_is_given_to_another() {
	mkdir -p /vm/jail/etc
	public=/vm/jail/etc/public
	other=/vm/jail/etc/other
	echo content >$public
	echo content >$other
	twice ok $public
	twice EPERM $other
	later "$group" hold r $public reopen r until "/tmp/go.$name" reopen r
	await 20 grep -q 'ok ok' "/tmp/out.$name"
	free ok exchange $public $other
	denied no_rule r $other
	mark
	go 'ok ok ok EPERM'
	seen deny open no_rule $other
	twice ok $public
	mv $public /vm/jail/etc/third
	denied no_rule r /vm/jail/etc/third
	mv $other $public
	twice ok $public
	denied no_rule r /vm/jail/etc/third
}

case_hard_links() {
	places
	rm "$hidden/f"
	ln "$open/f" "$hidden/f"
	denied no_rule r "$hidden/f"
	try 'ok EPERM ok EPERM ok EPERM' open r "$open/f" open r "$hidden/f" open r "$open/f" \
		open r "$hidden/f" open r "$open/f" open r "$hidden/f"
}

# Directories and files of the same names, at the same addresses, in turn where it may read and where
# it may not.
case_made_again() {
	agent filer "/vm/filer/$name"
	mkdir -p "/vm/data/full/$name" "/vm/data/hidden/$name"
	free 200 remade 100 "/vm/data/full/$name" "/vm/data/hidden/$name"
	try ok remade 100 "/vm/data/full/$name" "/vm/data/hidden/$name"
	seen deny open no_rule "/vm/data/hidden/$name/x/f"
}

# --- mounts -----------------------------------------------------------------------------------------

# One directory by two paths, in turn; and the roots of mounts, which d_parent lies about.
case_mounted_elsewhere() {
	places
	mkdir -p "$open/a" "$open/b" "$hidden/m" "$hidden/d/b"
	echo content >"$open/a/f"
	: >"$open/g"
	twice ok "$open/a/f"
	mount --bind "$open/a" "$hidden/m"
	try 'ok EPERM ok EPERM ok' open r "$open/a/f" open r "$hidden/m/f" open r "$open/a/f" \
		open r "$hidden/m/f" open r "$open/a/f"
	denied no_rule rd "$hidden/m"
	mount --bind "$hidden/d" "$open/b"
	try 'ok ok EPERM ok ok' open rd "$open/b" open rd "$open/b" open rd "$hidden/d" \
		open rd "$open/b/b" open rd "$open/b"
	mount --bind "$hidden/f" "$open/g"
	try 'ok EPERM ok EPERM' open r "$open/g" open r "$hidden/f" open r "$open/g" \
		open r "$hidden/f"
	umount "$open/g"
	umount "$open/b"
	umount "$hidden/m"
	twice EPERM "$hidden/d"
	twice ok "$open/a/f"
}

# A mount moves with all that was remembered on it, is covered, and leaves.
case_mount_is_moved() {
	places
	mkdir -p "$open/m/d" "$hidden/m"
	echo beneath >"$open/m/d/f"
	twice ok "$open/m/d/f"
	mount -t tmpfs tmpfs "$open/m"
	mkdir "$open/m/d"
	echo above >"$open/m/d/f"
	twice ok "$open/m/d/f"
	later "$group" hold pd "$open/m/d" openat r f until "/tmp/go.$name" openat r f
	await 20 grep -q 'ok ok' "/tmp/out.$name"
	mount --move "$open/m" "$hidden/m"
	denied no_rule r "$hidden/m/d/f"
	twice ok "$open/m/d/f"
	mark
	go 'ok ok ok EPERM'
	seen deny open no_rule "$hidden/m/d/f"
	mount --move "$hidden/m" "$open/m"
	later "$group" hold pd "$open/m/d" openat r f until "/tmp/go.$name" openat r f
	await 20 grep -q 'ok ok' "/tmp/out.$name"
	umount -l "$open/m"
	mark
	go 'ok ok ok EPERM'
	found type=decision "agent=$who" operation=open verdict=deny reason=detached
	twice ok "$open/m/d/f"
}

# --- subjects ---------------------------------------------------------------------------------------

# All threads have been found to be nobody's when the process is moved in.
case_threads_that_are_remembered() {
	secret
	later - threads 30 "$path" "/tmp/go.$name"
	await 20 grep -q ok "/tmp/out.$name"
	mark
	move $later "$group"
	go 'ok 30'
	lines 30 "agent=$who" operation=open verdict=deny "object=$path"
}

# Of a threaded cgroup: a thread is an agent's and its leader nobody's. When the thread executes, it
# takes over the leader's pid and start.
case_thread_takes_its_leaders_pid() {
	secret
	agent unable "/vm/unable/$name"
	echo threaded >"$root$group/cgroup.type" || fail 'no threaded cgroup'
	(become /vm/unable $act threadexec "$root$group/cgroup.threads" "$path" $act act open r "$path") \
		>"/tmp/out.$name"
	want 'thread, leader, program' 'ok EPERM ok EPERM' "$(cat "/tmp/out.$name")"
	seen deny open no_rule "$path"
	rmdir "$root$group"
}

# Agent's children and others' in turn get the same few pids.
case_pids_in_turn() {
	secret
	few_pids
	mark
	later "$group" until "/tmp/go.$name" children 200 "$path"
	: >"/tmp/go.$name"
	free ok children 200 "$path"
	go 'ok 200'
	free ok children 400 "$path"
	lines 200 "agent=$who" operation=open verdict=deny "object=$path"
}

# --- grants and roles -------------------------------------------------------------------------------

# tend SERVICE OPTION...: a grant to read its place; its number in $grant.
tend() {
	writ grant tend --agent "$who" "service=$1" "$2" "$3" --json >/tmp/grant || fail 'no grant'
	grant=$(value grant </tmp/grant)
}

# holder NAME: an agent of the case's own, and two places that only grants open.
holder() {
	agent "holder-$1" "/vm/holder-$1"
	first=$(place /vm/grants/memory-first)/f
	second=$(place /vm/grants/memory-second)/f
	denied no_rule r "$first"
	denied no_rule r "$second"
}

case_grant_ends() {
	holder many
	tend memory-first --ttl 5m
	try 50 repeat 50 r "$first"
	seen allow open grant "$first" "grant=$grant"
	writ revoke "$grant" >/dev/null || fail 'writ revoke failed'
	denied revoked r "$first"
	tend memory-first --ttl 5s
	twice ok "$first"
	kill -STOP "$(daemon_pid)"
	until [ "$(as "$group" $act open r "$first")" = 'EPERM ' ]; do
		tries=$((${tries:-0} + 1))
		[ $tries -lt 100 ] || break
		sleep 0.2
	done
	kill -CONT "$(daemon_pid)"
	[ $tries -lt 100 ] || fail 'it does not expire'
	denied expired r "$first"
}

# More grants than there are slots: each slot's next grant is of the other place.
case_slot_gets_another_grant() {
	holder oldest
	for _ in 1 2 3 4 5; do
		tend memory-first --ttl 5m
		twice ok "$first"
		twice EPERM "$second"
		writ revoke "$grant" >/dev/null || fail 'writ revoke failed'
		twice EPERM "$first"
		tend memory-second --ttl 5m
		twice ok "$second"
		twice EPERM "$first"
		writ revoke "$grant" >/dev/null || fail 'writ revoke failed'
		twice EPERM "$second"
	done
}

case_role_is_changed() {
	places
	twice ok "$open/f"
	twice EPERM "$hidden/f"
	sed -i 's|"/vm/data/read/\*\*"|"/vm/secret/**"|' $policy/roles.yaml
	reload policy_applied
	denied no_rule r "$open/f"
	twice ok "$hidden/f"
	standard_policy
	reload policy_applied
	twice ok "$open/f"
	denied no_rule r "$hidden/f"
}
