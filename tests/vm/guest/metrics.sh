# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=dash disable=SC2154
# What metrics say is what the hooks did, what the log has and what the kernel has timed.

# metric SERIES: its value; nothing when there is no such series. A text serves a second: the next one.
metric() {
	sleep 2
	writ metrics | sed -n "s/^$1 //p"
}

denials='writ_decisions_total{verdict="deny",operation="open",reason="no_rule"}'

# in_log: as many lines the log has, from this case on. After metric(), which waits for them.
in_log() {
	/vm/bin/audit count "$mark" type=decision verdict=deny operation=open reason=no_rule
}

case_decisions_are_counted() {
	secret=$(place /vm/secret)/f
	before=$(metric "$denials")
	before=$((${before:-0} - $(in_log)))
	for _ in 1 2 3; do
		try EPERM open r "$secret"
	done
	counted=$(metric "$denials")
	lines=$(in_log)
	[ "$lines" -ge 3 ] || fail "the log has $lines of 3 denials"
	want "$denials" $((before + lines)) "$counted"
	kill -KILL "$(status audit)" # its counts are the core's
	await 60 audit_is_back || fail 'writ-audit was not started again'
	want "$denials, after its writer was killed" "$counted" "$(metric "$denials")"
	try EPERM open r "$secret"
	counted=$(metric "$denials")
	[ "$(in_log)" -gt "$lines" ] || fail 'the other writer has no line'
	want "$denials, by another writer" $((before + $(in_log))) "$counted"
	want 'records' "$(status events_written)" "$(metric writ_audit_records_written_total)"
	want 'attached' "$(metric writ_programs_wanted)" "$(metric writ_programs_attached)"
	held
}

audit_is_back() {
	[ "$(status audit_deaths)" -gt 0 ] && [ "$(status audit)" -gt 0 ]
}

# The kernel times programs while it is asked to, and what it has not timed has no series.
case_hooks_are_timed() {
	read=$(place /vm/data/read)/f
	timed='writ_hook_runs_total{hook="file_open"}'
	want "$timed before" '' "$(metric "$timed")"
	echo 1 >/proc/sys/kernel/bpf_stats_enabled || fail 'no kernel.bpf_stats_enabled'
	try 'ok ok' open r "$read" open r "$read"
	echo 0 >/proc/sys/kernel/bpf_stats_enabled
	[ "$(metric "$timed")" -gt 1 ] || fail "$timed is '$(metric "$timed")'"
	case $(metric 'writ_hook_run_seconds_total{hook="file_open"}') in
	'' | 0.000000000) fail 'its runs took no time' ;;
	esac
	held
}
