# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=dash disable=SC2154,SC2034
# Running programs: by path, and by their arguments.

case_allowed_by_role() {
	path=$(place /vm/secret)/f
	try EPERM exec $act act open r "$path"
	seen allow open_exec role $act
	seen allow exec role $act
	seen deny open no_rule "$path"
}

case_no_rule() {
	free ENOENT exec /vm/secret/act act open r /none
	try EPERM exec /vm/secret/act act open r /none
	seen deny open_exec no_rule /vm/secret/act access=execute
}

# To map a file is less than to run it.
case_map_is_not_execute() {
	cp $act /vm/maponly/act
	free ENOENT exec /vm/maponly/act act open r /none
	try EPERM exec /vm/maponly/act act open r /none
	seen allow open_exec role /vm/maponly/act
	seen deny exec no_rule /vm/maponly/act
}

case_dynamic_program() {
	path=$(place /vm/data/read)/f
	want 'cat' content "$(as "$group" /usr/bin/cat "$path")"
	found "agent=$who" operation=open_exec verdict=allow "object^=/usr/lib"
	held
	want 'cat' 1 "$(as "$group" /usr/bin/cat "$held" 2>/dev/null; echo $?)"
}

# The loader opens the program to read it: no right, no program.
case_loader_as_program() {
	loader=$(ls /usr/lib64/ld-linux* /usr/lib/*/ld-linux* 2>/dev/null | head -n 1)
	cp /usr/bin/cat /vm/secret/cat
	path=$(place /vm/data/read)/f
	want 'unmanaged' content "$("$loader" /vm/secret/cat "$path")"
	want 'agent' 127 "$(as "$group" "$loader" /vm/secret/cat "$path" 2>/dev/null; echo $?)"
	seen deny open no_rule /vm/secret/cat
}

script() {
	mkdir -p "${1%/*}"
	printf '#!%s\necho ran\n' "$2" >"$1"
	chmod 755 "$1"
}

case_script_and_interpreter() {
	cp /usr/bin/dash /vm/secret/dash
	script "/vm/programs/$name/good" /usr/bin/dash
	script "/vm/programs/$name/bad" /vm/secret/dash
	script "/vm/secret/$name/script" /usr/bin/dash
	for one in "/vm/programs/$name/good" "/vm/programs/$name/bad" "/vm/secret/$name/script"; do
		want 'unmanaged script' ran "$("$one")"
	done
	want 'allowed script' ran "$(as "$group" "/vm/programs/$name/good")"
	seen allow exec role "/vm/programs/$name/good"
	seen allow exec role /usr/bin/dash
	try EPERM exec "/vm/programs/$name/bad" bad
	seen deny open_exec no_rule /vm/secret/dash
	try EPERM exec "/vm/secret/$name/script" script
	seen deny open_exec no_rule "/vm/secret/$name/script"
}

# An interpreter that any arguments are allowed to must not settle what its script is held to.
case_script_is_held_to_its_own_argv() {
	cp /usr/bin/dash /vm/tools/shell
	script /vm/tools/scripted /vm/tools/shell
	want 'unmanaged script' ran "$(/vm/tools/scripted evil)"
	want 'the interpreter alone' ran "$(as "$group" /vm/tools/shell -c 'echo ran')"
	seen allow argv role /vm/tools/shell
	try EPERM exec /vm/tools/scripted scripted evil
	seen deny exec argv_mismatch /vm/tools/shell
	try EPERM exec /vm/tools/scripted scripted safe
	want 'the interpreter again' ran "$(as "$group" /vm/tools/shell -c 'echo ran')"
}

# picky STATUS ARGUMENT...: the program leaves a file if it runs at all.
picky() {
	expected=$1
	shift
	rm -rf /vm/data/create/argv /vm/data/create/else
	mkdir -p /vm/data/create/argv /vm/data/create/else
	as "$group" $act exec /vm/tools/picky "$@" >/dev/null 2>&1
	want "status of $*" "$expected" $?
}

case_argv_of_a_role() {
	want 'unmanaged' ok "$($act exec /vm/tools/picky picky open rwc /tmp/by-root)"
	picky 0 picky open rwc /vm/data/create/argv/one
	[ -e /vm/data/create/argv/one ] || fail 'an allowed program did nothing'
	seen allow argv role /vm/tools/picky argv=picky,open,rwc,/vm/data/create/argv/one
	picky 137 picky open rwc /vm/data/create/else/one
	[ ! -e /vm/data/create/else/one ] || fail 'it was killed only after it ran'
	seen deny argv argv_mismatch /vm/tools/picky argv=picky,open,rwc,/vm/data/create/else/one
	lines 0 "agent=$who" operation=open object=/vm/data/create/else/one
}

case_argv_must_match_whole() {
	picky 137 picky open rwc
	picky 137 picky
	picky 137 '' open rwc /vm/data/create/argv/one
	picky 137 picky open rwc /vm/data/create/argv/one open r /etc/passwd
	picky 137 picky open rwc /vm/data/create/argv/a/b
	picky 137 picky open rwc /vm/data/create/argv/one ''
	lines 6 "agent=$who" operation=argv verdict=deny reason=argv_mismatch
	want 'files made' '' "$(ls /vm/data/create/argv)"
	picky 0 picky open rwc /vm/data/create/argv/one
}

case_argv_longer_than_is_read() {
	as "$group" $act execlong 3066 /vm/tools/long long >/dev/null 2>&1
	want 'status' 2 $? # it ran, and knows no such operation
	seen allow argv role /vm/tools/long
	as "$group" $act execlong 3067 /vm/tools/long long >/dev/null 2>&1
	want 'status' 137 $?
	seen deny argv argv_too_long /vm/tools/long argv_cut=true
	as "$group" $act execlong 100000 /vm/tools/long long >/dev/null 2>&1
	want 'status' 137 $?
}

case_program_in_memory() {
	free 'ok ENOENT' memfd $act execfd act open r /none
	try 'ok EPERM' memfd $act execfd act open r /none
	found "agent=$who" verdict=deny operation=open_exec reason=anonymous
	held
}

case_deleted_program() {
	mkdir -p "/vm/programs/$name"
	cp $act "/vm/programs/$name/gone"
	set -- hold p "/vm/programs/$name/gone" unlink "/vm/programs/$name/gone" execfd act open r /none
	free 'ok ok ENOENT' "$@"
	cp $act "/vm/programs/$name/gone"
	try 'ok ok EPERM' "$@"
	seen deny exec unlinked "/vm/programs/$name/gone"
}

case_preload_is_void_under_a_grant() {
	agent holder-preload /vm/holder-preload
	mkdir -p /vm/grants/preload
	path=/vm/grants/preload/f
	echo content >$path
	export LD_PRELOAD=/vm/bin/preload.so
	control=$(as /vm/worker/preload $act exec /usr/bin/cat cat "$(place /vm/data/read)/f")
	before=$(as "$group" $act exec /vm/tools/cat cat "$path")
	unset LD_PRELOAD
	want "by a role" "preloaded content" "$(echo $control)"
	want 'without a grant' EPERM "$before"
	writ grant mend --agent $who service=preload --ticket CHG-1 >/dev/null || fail 'no grant'
	export LD_PRELOAD=/vm/bin/preload.so
	want 'by a grant' content "$(as "$group" $act exec /vm/tools/cat cat "$path")"
	unset LD_PRELOAD
	seen allow argv grant /vm/tools/cat playbook=mend
	seen allow open grant "$path"
}
