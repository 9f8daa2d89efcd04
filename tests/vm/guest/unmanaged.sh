# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=dash disable=SC2154
# Everybody else: never denied, never logged.

numbers() {
	writ status --json | grep -E '"(records|allowed|denied|would_denied|lost)"' | tr -d ' \n'
}

busy() {
	free 300 repeat 300 r "$(place /vm/secret)/f"
	free 100 repeat 100 rwc "/vm/secret/$name/new"
	free ok bomb 100 "/vm/secret/$name/f"
	for i in 1 2 3 4 5 6 7 8 9 10; do
		free ECONNREFUSED connect tcp 127.0.0.1 $((1000 + i))
		free ok connect udp ::1 $i
		free 'ok ok' memfd - reopen rw
	done
	free 'ok ENOENT' memfd $act execfd act open r /none
	free 'ok ok' clone $root/vm/free open r "/vm/secret/$name/f"
	ls -laR /vm /etc >/dev/null
}

case_never_denied_never_logged() {
	mkdir -p $root/vm/free
	settle
	mark
	before=$(numbers)
	busy
	want 'counters' "$before" "$(numbers)"
	want 'decisions in the log' 0 "$(/vm/bin/audit count "$mark" type=decision)"
	held
	[ "$before" != "$(numbers)" ] || fail 'an agent does not move the counters'
}

case_other_cgroups() {
	mkdir -p $root/vm/free/child $root/vm/workerx $root/worker/x
	settle
	mark
	before=$(numbers)
	path=$(place /vm/secret)/f
	for other in /vm/free /vm/free/child /vm/workerx /worker/x /vm/worker; do
		want "in $other" 'ok ok' "$(as $other $act open r "$path" clone "$root$other")"
	done
	want 'counters' "$before" "$(numbers)"
	want 'lines' 0 "$(/vm/bin/audit count "$mark" type=decision)"
	held
}
