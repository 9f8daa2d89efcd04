# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=dash disable=SC2154,SC2034,SC2086
# Every hook: its act is done by an unmanaged process, by an agent who is denied, by one who may, and
# by one in mode monitor; then all of it again with a ring that is full. Which act, and what it must
# give: hooks.table. The last cases load the programs anew.

begin_fresh='full_ring_changes_no_verdict without_its_program_an_act_passes'
rows=/tmp/hooks.rows
records=/tmp/hooks.records
runs=/tmp/hooks.runs
pins=/sys/fs/bpf/writ
ring=4096 # bytes
room=40   # records, at most, that it takes: none has less than 100 bytes
fill=200  # denials that fill it

# What all acts need; the table with its places filled in, one `|` between the columns.
set_the_scene() {
	writd=$(daemon_pid)
	sleep 100000 &
	victim=$!
	await 20 grep -q sleep "/proc/$victim/comm"
	mkdir -p /vm/hooks/map /vm/hooks/argv /vm/hooks/v1 $root/vm/hooks-open/shut/below \
		$root/vm/hooks-outside
	for agent in bare bare-watched free tracer tracer-watched; do
		mkdir -p $root/vm/hooks-$agent
	done
	echo 0 >$root/vm/hooks-open/shut/cgroup.max.descendants
	cp $act /vm/hooks/map/act
	cp $act /vm/hooks/argv/act
	[ -d /vm/hooks/v1/in ] || mount -t cgroup -o none,name=hooks none /vm/hooks/v1 ||
		fail 'no cgroup v1'
	mkdir -p /vm/hooks/v1/in/a /vm/hooks/v1/in/b
	[ "$($act scene /vm/hooks/read)" = 'ok ' ] || fail 'no place for the acts'
	sed "/^#/d; /^\$/d; s/ *| */|/g; s|P/|/vm/hooks/place/|g; s|READ/|/vm/hooks/read/|g
		s|PINS/|$pins/|g; s|CGROUPS/|$root/|g; s/VICTIM/$victim/g; s/WRITD/$writd/g" \
		/vm/guest/hooks.table >$rows
	: >$records
	wrong=
	acts=0
}

# Programs of the table that this kernel has.
is_here() {
	[ -e "$pins/programs/$1" ]
}

# is_one_of WORD WORDS: with commas between them
is_one_of() {
	case ",$2," in
	*",$1,"*) return 0 ;;
	esac
	return 1
}

# one WHO EXPECTED SETUP ACT...: in cgroup /vm/hooks-WHO, after SETUP, which must succeed. $pid is
# the process.
one() {
	one_who=$1 one_expected=$2 one_setup=$3
	shift 3
	$act scene /vm/hooks/place procs $root/vm/hooks-$one_who/cgroup.procs $one_setup join "$@" \
		>/tmp/hooks.said 2>/dev/null &
	pid=$!
	wait $pid
	status=$? said='' before=0
	acts=$((acts + 1))
	read -r said </tmp/hooks.said
	[ $status -lt 128 ] || said="$said killed"
	last=ok
	for word in $said; do
		[ "$last" = ok ] || break # it is the last that counts
		last=$word
		before=$((before + 1))
	done
	is_one_of "$last" "$one_expected" && [ $before = "$(echo $said | wc -w)" ] && [ $before -gt 3 ] ||
		wrong="$wrong; $program, hooks-$one_who: '$said', not '$one_expected'"
}

# record NAME TEST...: what the log must have of $pid.
record() {
	printf '%s\tprocess.pid=%s\ttype=decision\toperation=%s' "$1" $pid "$operation" >>$records
	shift
	[ -z "$object" ] || printf '\tobject=%s' "$object" >>$records
	printf '\t%s' "$@" >>$records
	echo >>$records
}

# each PASS: for every row with an act. Its columns are in variables of these names.
each() {
	while IFS='|' read -r program may operation reason object setup action allow role; do
		[ "$may" != - ] && is_here "$program" || continue
		denied=EPERM
		case $may in
		*/*) denied=${may#*/} may=${may%/*} ;;
		esac
		role=${role:-hooks-bare}
		"$1" </dev/null
	done <$rows
}

as_unmanaged() {
	case $allow in
	'claim '*) one outside "${allow#claim }" "$setup" $action ;;
	claim) one outside EPERM "$setup" $action ;;
	*) one outside "$may" "$setup" $action ;;
	esac
}

as_denied() {
	case $allow in
	claim* | outside) one free "$denied" "$setup" $action && who=hooks-free ;;
	*) one ${role#hooks-} "$denied" "$setup" $action && who=$role ;;
	esac
	record "$program:deny" agent=$who verdict=deny "reason=$reason"
}

as_allowed() {
	case $allow in
	role)
		one free "$may" "$setup" $action
		record "$program:allow" agent=hooks-free verdict=allow reason=role
		;;
	silent) one free "$may" "$setup" $action ;;
	claim*) one outside "$may" "claim $pins/maps/node $setup" $action ;;
	outside) ;; # as_unmanaged did it
	*) one free ok "$setup" $allow ;;
	esac
}

# Mode monitor stops nothing but what is Writ's own.
as_watched() {
	case $allow in
	claim* | outside)
		one bare-watched "$denied" "$setup" $action
		record "$program:monitor" agent=hooks-bare-watched verdict=deny reason=protected
		;;
	*)
		one ${role#hooks-}-watched "$may" "$setup" $action
		record "$program:monitor" agent=$role-watched verdict=would_deny "reason=$reason"
		;;
	esac
}

# How often the program ran.
runs_of() {
	/vm/bin/objects runs | sed -n "s/^$1 //p"
}

# The program that denies is one that ran.
as_denied_counted() {
	ran=$(runs_of "$program")
	as_denied
	[ "$(runs_of "$program")" -gt "$ran" ] || wrong="$wrong; $program did not run"
}

no_wrong() {
	[ -z "$wrong" ] || fail "${wrong#; }"
}

# A program without a row, a row without a program, a row that names a case that is not there.
case_every_program_has_a_row() {
	set_the_scene
	/vm/bin/objects runs | sed 's/ .*//' | sort >/tmp/hooks.programs
	[ "$(wc -l </tmp/hooks.programs)" -gt 70 ] || fail 'where are the programs?'
	want 'programs' "$(cat /tmp/hooks.programs)" "$(cut -d '|' -f 1 $rows | sort)"
	for pin in $pins/programs/*; do
		grep -qx "${pin##*/}" /tmp/hooks.programs || fail "what is $pin?"
	done
	while IFS='|' read -r program may cases why; do
		[ "$may" = - ] || continue
		[ -n "$cases" ] && [ -n "$why" ] || fail "$program: no case or no reason"
		for one in $cases; do
			grep -q "^case_${one#*/}() {" "/vm/guest/${one%/*}.sh" ||
				fail "$program: there is no case $one"
		done
	done <$rows
	kill $victim
}

case_every_hook_decides() {
	set_the_scene
	settle
	mark
	each as_unmanaged
	settle
	want 'records of unmanaged processes, but of what is Writ'"'"'s own' \
		"$(/vm/bin/audit count "$mark" type=decision agent_index=0 reason=protected)" \
		"$(/vm/bin/audit count "$mark" type=decision agent_index=0)"
	echo 1 >/proc/sys/kernel/bpf_stats_enabled
	mkdir $root/vm/hooks-new
	rmdir $root/vm/hooks-new
	each as_denied_counted
	while IFS='|' read -r program may _; do
		[ "$may" = - ] && [ -e "$pins/links/$program" ] || continue # what is attached
		[ "$(runs_of "$program")" -gt 0 ] || wrong="$wrong; $program did not run"
	done <$rows
	echo 0 >/proc/sys/kernel/bpf_stats_enabled
	each as_allowed
	each as_watched
	settle
	/vm/bin/audit lacks "$mark" $records >/tmp/hooks.lacking || fail "$(cat /tmp/hooks.lacking)"
	[ ! -s /tmp/hooks.lacking ] ||
		wrong="$wrong; no record: $(tr '\n' ' ' </tmp/hooks.lacking)"
	note "$acts acts, $(wc -l <$records) records"
	kill $victim
	no_wrong
}

case_full_ring_changes_no_verdict() {
	daemon_fresh --ring-size $ring
	set_the_scene
	reader=$(status audit)
	kill -STOP "$reader"
	want 'opens that fill the ring' ok "$(as /vm/idle $act repeat $fill r /vm/secret/act)"
	for pass in as_unmanaged as_denied as_allowed as_watched; do
		each $pass
	done
	kill -CONT "$reader"
	kill $victim
	no_wrong
	due=$(($(wc -l <$records) + fill - room)) # it was full before the first of them
	await 20 lost_at_least "$due" || fail "$(status lost) records were lost, not $due or more"
	note "$acts acts, $(status lost) records lost"
	daemon_unfit
}

passes() {
	wrong=
	one "$who" "$may" "$setup" $action
	[ -z "$wrong" ]
}

# It is this program that denies: the act is denied as long as it is attached, and passes from then
# on. Writ's processes are not there meanwhile, for they would keep the program.
as_detached() {
	case $allow in
	outside) return ;;
	claim*) who=free ;;
	*) who=${role#hooks-} ;;
	esac
	is_one_of "$denied" "$may" && return # told by its record alone
	[ "$program" != guard_ptrace_access_check ] || return # there is no process of Writ's
	one "$who" "$denied" "$setup" $action
	all=$wrong
	/vm/bin/objects unpin "$pins/links/$program" || all="$all; $program: its pin stays"
	await 10 passes || all="$all; without $program$wrong"
	wrong=$all
	taken=$((taken + 1))
}

case_without_its_program_an_act_passes() {
	daemon_fresh
	set_the_scene
	daemon_end KILL
	taken=0
	each as_detached
	kill $victim
	note "$taken programs"
	[ "$taken" -gt 60 ] || wrong="$wrong; only $taken programs"
	no_wrong
	daemon_unfit
}

lost_at_least() {
	[ "$(status lost)" -ge "$1" ]
}
