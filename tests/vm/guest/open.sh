# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=dash disable=SC2154
# Opening files and directories: what role and mode make of it.

case_allowed_by_role() {
	allowed role r "$(place /vm/data/read)/f"
	found "agent=$who" role=worker operation=open access=read "rule^=roles.yaml:"
	held
}

case_no_rule() {
	path=$(place /vm/secret)/f
	denied no_rule r "$path"
	denied no_rule w "$path"
	denied no_rule rw "$path"
	found "object=$path" access=read,write "process.uid=0" "rule!"
}

case_deny_rule_wins() {
	denied role_deny r "$(place /vm/data/both/secret)/f"
	found "agent=$who" reason=role_deny "rule^=roles.yaml:"
	path=$(place /vm/data/both/readonly)/f
	allowed role r "$path"
	denied role_deny w "$path"
	denied role_deny rw "$path"
}

case_reading_is_not_writing() {
	path=$(place /vm/data/read)/f
	allowed role r "$path"
	denied no_rule w "$path"
	denied no_rule rw "$path"
	path=$(place /vm/data/write)/f
	allowed role w "$path"
	denied no_rule r "$path"
	denied no_rule rw "$path"
	allowed role rw "$(place /vm/data/both)/f"
}

case_appending_is_writing() {
	denied no_rule wa "$(place /vm/data/read)/f"
	allowed role wa "$(place /vm/data/write)/f"
}

case_ioctl_mode_needs_both() {
	path=$(place /vm/data/read)/f
	free ok open i "$path"
	try EPERM open i "$path"
	seen deny open no_rule "$path" access=read,write
}

case_create() {
	path=$(place /vm/data/create)
	try ok open rwc "$path/new"
	seen allow open role "$path/new" access=read,write,create
	[ -e "$path/new" ] || fail 'an allowed O_CREAT made no file'
	path=$(place /vm/data/both)
	free ok open rwc "$path/by-root"
	try EPERM open rwc "$path/new"
	seen deny mknod no_rule "$path/new" access=create
	allowed role rwc "$path/f" # exists: nothing is created
}

case_unnamed_file_needs_create() {
	path=$(place /vm/data/create)
	[ "$($act open rwn "$path")" = 'ok ' ] || skip 'this file system has no O_TMPFILE'
	try ok open rwn "$path"
	path=$(place /vm/data/both)
	try EPERM open rwn "$path"
	found "agent=$who" verdict=deny reason=no_rule access=read,write,create "object^=$path/"
}

case_truncate_needs_write() {
	path=$(place /vm/data/read)/f
	try EPERM open rt "$path"
	seen deny open no_rule "$path" access=read,write
	want "the file's content" content "$(cat "$path")"
	free ok open rt "$path"
	want "the file's content" '' "$(cat "$path")"
	allowed role wt "$(place /vm/data/write)/f"
}

case_directory() {
	allowed role rd "$(place /vm/data/read)"
	denied no_rule rd "$(place /vm/secret)"
	denied no_rule rd /
}

case_path_descriptor_reopened() {
	path=$(place /vm/secret)/f
	free 'ok ok' hold p "$path" reopen r
	try 'ok EPERM' hold p "$path" reopen r
	seen deny open no_rule "$path"
	path=$(place /vm/data/read)/f
	try 'ok ok' hold p "$path" reopen r
	try 'ok EPERM' hold r "$path" reopen w
}

case_monitor_records_and_allows() {
	agent watched /vm/watched
	path=$(place /vm/secret)/f
	before=$(status would_denied)
	try ok open r "$path"
	seen would_deny open no_rule "$path"
	try ok open rw "$path"
	try 'ok' connect udp 127.0.0.1 999
	seen would_deny connect no_rule 'udp 127.0.0.1:999'
	allowed role r "$(place /vm/data/read)/f"
	[ "$(status would_denied)" -gt "$before" ] || fail 'the counter did not move'
	agent worker "/vm/worker/$name"
	held
}

case_suspended() {
	agent runner /vm/runner
	index=$(writ agents --json | tr -d ' \n' | sed 's/.*"agent":"runner"[^}]*"index":\([0-9]*\).*/\1/')
	path=$(place /vm/data/read)/f
	allowed role r "$path"
	/vm/bin/objects suspend "$index" || fail 'the state could not be set'
	free 'ok ok EPERM' procs "$root$group/cgroup.procs" join open r "$path"
	seen deny open suspended "$path"
	want 'run by a suspended agent' 126 "$(as "$group" $act open r "$path" 2>/dev/null; echo $?)"
	seen deny open_exec suspended $act
	/vm/bin/objects resume "$index"
	mark
	allowed role r "$path"
}

# Who suspends an agent means it, also where policy only looks on.
case_suspended_in_monitor() {
	agent watched /vm/watched
	index=$(writ agents --json | tr -d ' \n' | sed 's/.*"agent":"watched"[^}]*"index":\([0-9]*\).*/\1/')
	path=$(place /vm/secret)/f
	try ok open r "$path"
	seen would_deny open no_rule "$path"
	/vm/bin/objects suspend "$index" || fail 'the state could not be set'
	free 'ok ok EPERM' procs "$root$group/cgroup.procs" join open r "$path"
	seen deny open suspended "$path"
	/vm/bin/objects resume "$index"
}

case_many_in_a_row() {
	path=$(place /vm/secret)/f
	free 500 repeat 500 r "$path"
	try ok repeat 500 r "$path"
	lines 500 "agent=$who" operation=open verdict=deny "object=$path"
}
