# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=dash disable=SC2154,SC2034
# Which program acts: each line says which execution it was, and the line of that one what it was.

# exec_of OBJECT: the exec of which the newest thing was done to it.
exec_of() {
	found "agent=$who" "object=$1"
	writ audit query --json --agent "$who" --object "$1" |
		sed -n 's/.*"process":{[^}]*"exec":"\([0-9]*\)".*/\1/p' | tail -n 1
}

# A process has the program of the one that forked it, and that of its own once it executes one.
case_children_have_their_parents() {
	one=$(place /vm/data/read)/f
	two=/vm/data/read/$name/two
	three=/vm/data/read/$name/three
	echo x >"$two"
	echo x >"$three"
	free 'ok ok ok ok ok' open r "$one" fork fork open r "$two" exec $act act open r "$three"
	try 'ok ok ok ok ok' open r "$one" fork fork open r "$two" exec $act act open r "$three"
	settle
	found "agent=$who" operation=open "object=$one" process.exe=$act
	found "agent=$who" operation=open "object=$two" process.exe=$act
	found "agent=$who" operation=open "object=$three" process.exe=$act
	first=$(exec_of "$one")
	[ "$first" -gt 0 ] || fail "no exec: '$first'"
	want 'of the child' "$first" "$(exec_of "$two")"
	third=$(exec_of "$three")
	[ "$third" -gt "$first" ] || fail "after an exec it is $third, before it was $first"
	found "agent=$who" type=exec "object=$act" "process.exec=$first" \
		"argv=$act,open,r,$one,fork,fork,open,r,$two,exec,$act,act,open,r,$three"
	found "agent=$who" type=exec "object=$act" "process.exec=$third" "by_exec=$first" \
		"argv=act,open,r,$three"
	lines 2 "agent=$who" type=exec
	want 'by --exec' "$(/vm/bin/audit count "$mark" "process.exec=$third")" \
		"$(writ audit query --exec "$third" | wc -l)"
	[ "$(writ audit query --agent "$who" --exe "${act%t}*" | wc -l)" -ge 4 ] || fail 'by --exe'
	want 'by another --exe' 0 "$(writ audit query --agent "$who" --exe /vm/other | wc -l)"
	held
}

# Allowed, and then no program: who asked for it goes on as what it is.
case_exec_that_fails_after_it_was_allowed() {
	read=$(place /vm/data/read)/f
	mkdir -p "/vm/programs/$name"
	printf '\177ELF%0200d' 0 >"/vm/programs/$name/broken"
	chmod 755 "/vm/programs/$name/broken"
	free 'ENOEXEC ok' tryexec "/vm/programs/$name/broken" open r "$read"
	try 'ENOEXEC ok' tryexec "/vm/programs/$name/broken" open r "$read"
	settle
	seen allow exec role "/vm/programs/$name/broken" process.exe=$act
	seen allow open role "$read" process.exe=$act
	want 'still the same' "$(exec_of "/vm/programs/$name/broken")" "$(exec_of "$read")"
	lines 0 "agent=$who" type=exec "object=/vm/programs/$name/broken"
	lines 1 "agent=$who" type=exec
	held
}

# Killed for its arguments: it is asked for by the one before, and never was the program.
case_exec_that_is_denied_by_its_arguments() {
	as "$group" $act exec /vm/tools/picky picky >/dev/null 2>&1
	want 'status' 137 $?
	settle
	seen deny argv argv_mismatch /vm/tools/picky process.exe=$act
	lines 0 "agent=$who" type=exec object=/vm/tools/picky
	mkdir -p /vm/data/create/argv
	as "$group" $act exec /vm/tools/picky picky open rwc /vm/data/create/argv/program >/dev/null 2>&1
	seen allow argv role /vm/tools/picky process.exe=$act
	found "agent=$who" type=exec object=/vm/tools/picky argv=picky,open,rwc,/vm/data/create/argv/program
}

case_script() {
	mkdir -p "/vm/programs/$name"
	read=$(place /vm/data/read)/f
	printf '#!/usr/bin/dash -e\nread x <%s\necho "$x"\n' "$read" >"/vm/programs/$name/script"
	chmod 755 "/vm/programs/$name/script"
	want 'unmanaged' content "$("/vm/programs/$name/script" word)"
	want 'agent' content "$(as "$group" "/vm/programs/$name/script" word)"
	settle
	found "agent=$who" type=exec object=/usr/bin/dash process.exe=/usr/bin/dash \
		"argv=/usr/bin/dash,-e,/vm/programs/$name/script,word"
	lines 1 "agent=$who" type=exec
	seen allow open role "$read" process.exe=/usr/bin/dash
	held
}

# 200 KB, control bytes, an empty one, bytes that are no UTF-8 and such that look like the line.
case_hostile_arguments() {
	as "$group" $act execmuch $act x "$(printf 'a\nb')" >/dev/null 2>&1
	settle
	found "agent=$who" type=exec argv_cut=true "argv^=x,a\\x0ab,,\\x1b[31m\\x0a\",\"argv\":[\"\\\\\\xff\\xc2\\x9b,aaaa"
	lines 2 "agent=$who" type=exec
	shown=$(writ audit query --agent "$who" --type exec | tail -n 1)
	contains 'how it is shown' '\x1b\[31m' "$shown"
}

# What a process says of itself later changes nothing.
case_disguise() {
	read=$(place /vm/data/read)/f
	free 'ok ok' disguise open r "$read"
	try 'ok ok' disguise open r "$read"
	settle
	seen allow open role "$read" process.exe=$act process.comm=fake
	found "agent=$who" type=exec "object=$act" "process.exec=$(exec_of "$read")" \
		"argv=$act,disguise,open,r,$read"
	held
}

# A thread executes: from then on the process is what the thread has made of it.
case_thread_executes() {
	one=$(place /vm/data/read)/f
	two=/vm/data/read/$name/two
	echo x >"$two"
	free 'ok ok ok' thread open r "$one" exec $act act open r "$two"
	try 'ok ok ok' thread open r "$one" exec $act act open r "$two"
	settle
	seen allow open role "$one" process.exe=$act
	second=$(exec_of "$two")
	[ "$second" -gt "$(exec_of "$one")" ] || fail 'the exec of a thread was not noted'
	found "agent=$who" type=exec "process.exec=$second" "argv=act,open,r,$two"
}

# Nothing is known of one that was moved in, until it executes; nothing is made up.
case_moved_in() {
	read=$(place /vm/data/read)/f
	two=/vm/data/read/$name/two
	echo x >"$two"
	later - until "/tmp/go.$name" open r "$read" fork exec $act act open r "$two"
	move "$later" "$group"
	go 'ok ok ok ok'
	settle
	seen allow open role "$read" process.exe=null process.exec=null
	found "agent=$who" type=exec "object=$act" by_exec=null
	seen allow open role "$two" process.exe=$act
	held
}

# The audit process is killed: the next one knows what runs, and goes on to tell it.
case_known_across_a_kill() {
	one=$(place /vm/data/read)/f
	mkdir -p "/vm/programs/$name"
	cp $act "/vm/programs/$name/runs"
	rm -f "/tmp/go.$name"
	(become "$group" "/vm/programs/$name/runs" until "/tmp/go.$name" open r "$one") >"/tmp/out.$name" &
	later=$!
	found "agent=$who" type=exec "object=/vm/programs/$name/runs"
	before=$(status audit)
	kill -KILL "$before"
	await 60 other_reads || fail 'writ-audit was not started again'
	go 'ok ok'
	seen allow open role "$one" "process.exe=/vm/programs/$name/runs"
	held
}

other_reads() {
	now=$(status audit)
	[ "$now" -gt 0 ] && [ "$now" != "$before" ]
}
