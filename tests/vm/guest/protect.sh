# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=dash disable=SC2154
# Writ's own: by an agent, whatever its role opens; by root outside of every agent; and by that root
# after a claim.

pins=/sys/fs/bpf/writ

# kept ACT... and what the log calls it: refused to an agent and, recorded too, to everybody else.
kept() {
	operation=$1
	object=$2
	shift 2
	mark
	try EPERM "$@"
	seen deny "$operation" protected "$object"
	free EPERM "$@"
	seen_unmanaged "$operation" "$object"
}

case_pins() {
	agent opened "/vm/opened/$name"
	kept unlink $pins/links/file_open pin_unlink $pins/links/file_open
	kept unlink $pins/maps/labels pin_unlink $pins/maps/labels
	kept rmdir $pins/links pin_rmdir $pins/links
	kept rename $pins/links/file_open pin_rename $pins/links/file_open /sys/fs/bpf/away
	kept rename $pins/links pin_rename $pins/links /sys/fs/bpf/away
	kept rename $pins pin_rename $pins /sys/fs/bpf/away
	mkdir /sys/fs/bpf/other
	kept rename $pins/links pin_rename /sys/fs/bpf/other $pins/links
	rmdir /sys/fs/bpf/other || fail 'what is not its own is guarded'
	held
}

case_mounts() {
	agent opened "/vm/opened/$name"
	kept mount /sys/fs/bpf bpffs_umount /sys/fs/bpf
	kept mount /sys bpffs_umount /sys
	kept mount /sys/fs/bpf bpffs_mount /sys/fs/bpf
	mkdir -p /vm/mount
	free 'ok ok' bpffs_mount /vm/mount bpffs_umount /vm/mount
	held
}

# By pin and by id; what others have stays to be had.
case_maps_and_programs() {
	agent opened "/vm/opened/$name"
	for map in labels owners guarded events node; do
		kept bpf "map $map" pinned $pins/maps/$map
	done
	kept bpf 'program file_open' pinned $pins/programs/file_open
	kept bpf 'program note' pinned $pins/programs/note # writes into the log what it is told
	mark
	try EPERM map_ids
	try EPERM program_ids
	try EPERM link_ids
	found type=decision "agent=$who" verdict=deny operation=bpf reason=protected
	free ENOENT map_ids # so that tools which list objects go on to the next one
	free ENOENT program_ids
	free ENOENT link_ids
	held
}

# A pinned link may be had, and leads nowhere.
case_links_can_not_be_ended() {
	secret=$(place /vm/secret)/f
	said=$($act link_end $pins/links/file_open)
	case $said in
	ok*) fail 'it was ended' ;;
	esac
	denied no_rule r "$secret"
}

case_claim_is_for_root_outside() {
	agent opened "/vm/opened/$name"
	mark
	try 'EPERM EPERM' claim $pins/maps/node pinned $pins/maps/node
	seen deny bpf protected 'map node'
	contains 'another user' 'ok E' "$($act user 1000 claim $pins/maps/node)"
	lines 0 type=decision operation=claim
	free 'ok ok' claim $pins/maps/node pinned $pins/maps/labels
	found type=decision agent_index=0 verdict=allow operation=claim object=/vm/bin/act
	free 'ok ok EPERM' claim $pins/maps/node fork pinned $pins/maps/labels
	free 'ok EPERM' claim $pins/maps/node exec $act act pinned $pins/maps/labels
	held
}

case_monitor_does_not_open_it() {
	agent watched /vm/watched
	mark
	try EPERM claim $pins/maps/node
	try EPERM pin_unlink $pins/links/file_open
	try EPERM writd_signal "$(daemon_pid)"
	try EPERM open w $policy/agents.yaml
	seen deny unlink protected $pins/links/file_open
	seen deny signal protected ''
	seen deny open protected $policy/agents.yaml
	try ok open r $policy/agents.yaml
	seen would_deny open no_rule $policy/agents.yaml
}

# untouched PROCESS
untouched() {
	for one in writd_signal writd_limit; do
		mark
		try EPERM $one "$1"
		seen deny signal protected ''
		free ok $one "$1"
	done
	kept ptrace '' writd_seize "$1"
}

case_processes() {
	agent opened "/vm/opened/$name"
	for process in "$(daemon_pid)" "$(status broker)" "$(status audit)"; do
		untouched "$process"
		try EPERM writd_getfd "$process" # from 6.9 on the pidfd is a file that has no path
		mark
		free EPERM writd_getfd "$process"
		seen_unmanaged ptrace ''
	done
	held
}

# One that is started anew is kept as the first one was.
case_child_that_came_back() {
	agent opened "/vm/opened/$name"
	before=$(status broker)
	kill -KILL "$before"
	await 20 came_back
	untouched "$(status broker)"
	held
}

came_back() {
	now=$(status broker)
	[ "${now:-0}" -gt 0 ] && [ "$now" != "$before" ]
}

# What is done to one thread is done to its process: the writer has threads that claimed nothing.
case_threads() {
	agent opened "/vm/opened/$name"
	writer=$(status audit)
	thread=$(ls "/proc/$writer/task" | grep -vx "$writer" | head -n 1)
	[ -n "$thread" ] || fail 'the writer has no thread'
	untouched "$thread"
	held
}

# Credentials are told by nothing but their address, and another process's come to lie where those
# of a claimant were that is gone.
case_gone_owners() {
	agent opened "/vm/opened/$name"
	victims=
	for turn in 1 2 3 4; do
		for claimant in 1 2 3 4 5 6 7 8 9 10; do
			free ok claim $pins/maps/node
		done
		for victim in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15; do
			sleep 100 &
			victims="$victims $!"
		done
	done
	for victim in $victims; do
		try ok limit "$victim"
	done
	kill $victims
	held
}

case_files() {
	kept=$(stat -c %a "$log")
	directory=$(stat -c %a "${log%/*}")
	chmod 755 "${log%/*}" # its modes would refuse, too
	chmod 666 "$log"
	for file in $policy/agents.yaml $log /run/writ/writd.lock; do
		mark
		try EPERM open w "$file"
		seen deny open protected "$file"
	done
	chmod "$kept" "$log"
	chmod "$directory" "${log%/*}"
	free ok open w $policy/agents.yaml
	held
}

case_unload_beside_writd() {
	secret=$(place /vm/secret)/f
	writd=$(daemon_pid)
	mark
	denied no_rule r "$secret"
	writd --unload || fail 'writd --unload failed'
	await 20 has_ended "$writd" || fail 'writd did not end'
	/vm/bin/audit find "$mark" 1 type=daemon event=unloaded || fail 'the log lacks it'
	[ ! -e $pins ] || fail 'pins are left'
	want 'programs that are left' '' "$(/vm/bin/objects programs)"
	try ok open r "$secret"
	daemon_fresh
	denied no_rule r "$secret"
}

case_restart_after_kill_and_unload_after_kill() {
	secret=$(place /vm/secret)/f
	daemon_end KILL
	free EPERM pin_unlink $pins/links/file_open
	free EPERM pinned $pins/maps/labels
	try EPERM claim $pins/maps/node
	daemon_must_start
	denied no_rule r "$secret"
	daemon_end KILL
	writd --unload || fail 'writd --unload failed'
	[ ! -e $pins ] || fail 'pins are left'
	daemon_fresh
	denied no_rule r "$secret"
}
