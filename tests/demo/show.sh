# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2154
#
# How the story is told and checked. Sourced by stage.
# In:  $looks (`colour` or `plain`), $cgroups (where cgroup v2 is mounted).
# Out: commands as a person types them, each behind the name of who types it; the rows of the last
#      table, each added only when its check held. The first check that fails ends the demo.

bold='' red='' green='' dim='' plain=''
if [[ $looks == colour ]]; then
	bold=$'\e[1m' red=$'\e[31m' green=$'\e[32m' dim=$'\e[2m' plain=$'\e[0m'
fi

# Longest wait for anything that is on its way; an emulated machine beside others is slow.
readonly patience=240

scene() {
	printf '\n%s%s%s\n' "$bold" "$1" "$plain"
	shift
	(($# == 0)) || printf '%s\n' "$@"
}

prompt() {
	printf '%s%s$%s %s\n' "$dim" "$1" "$plain" "$2"
}

paint() {
	sed -e "s/\\(^\\|  *\\)deny /\\1${red}deny${plain} /" \
		-e "s/\\(^\\|  *\\)allow /\\1${green}allow${plain} /"
}

told() {
	[[ -z $output ]] || printf '%s\n' "$output" | paint
}

# typed WHO COMMAND: an unmanaged process. Sets $output and $status.
typed() {
	prompt "$1" "$2"
	quietly "$2"
	told
}

quietly() {
	status=0
	output=$(eval "$1" 2>&1) || status=$?
}

# --- the agent: one shell in its cgroup, alive for the whole demo, that is sent its commands ------

who=billing-bot

agent_start() {
	prompt operator 'writ run billing-bot -- sh'
	coproc agent { exec writ run billing-bot -- sh 2>&1; }
	agent_pid=$! agent_in=${agent[1]} agent_out=${agent[0]}
	agent_place
	agent_cgroup=$place_of
	[[ $agent_cgroup == "$cgroups/writ-demo/billing-bot" ]] ||
		fail 'the agent is in its cgroup' "$agent_cgroup"
}

# run_start COMMAND RUN: the agent's shell starts another one, which takes what it is sent until it
# exits. Nothing may be sent before it is there: the first shell would read it.
run_start() {
	prompt billing-bot "$1"
	who='billing-bot(run)'
	printf '%s\n' "$1" >&"$agent_in"
	wait_for grep -qs . "$agent_cgroup/$2/cgroup.procs" || fail 'the run begins' "${output:-}"
}

run_ends() {
	who=billing-bot
	echo exit >&"$agent_in"
}

# The agent's cgroup as the kernel says it, of the shell that answers now.
agent_place() {
	# shellcheck disable=SC2016 # for the agent's shell
	agent_asks 'echo $$'
	place_of=$cgroups$(sed -n 's/^0:://p' "/proc/$output/cgroup")
}

agent_ends() {
	exec {agent_in}>&-
	wait "$agent_pid" || true
}

# agent_asks COMMAND: without showing it. Sets $output and $status.
agent_asks() {
	agent_keeps "( $1 ) </dev/null"
}

# agent_keeps COMMAND: by the shell itself, which keeps what it has opened.
agent_keeps() {
	local line
	output=
	printf '%s 2>&1; printf "\\001%%d\\n" $?\n' "$1" >&"$agent_in"
	while IFS= read -r -t "$patience" line <&"$agent_out"; do
		if [[ $line == $'\001'* ]]; then
			status=${line#?}
			output=${output%$'\n'}
			return 0
		fi
		output+=$line$'\n'
	done
	fail 'the agent answers' "silent at: $1"
}

# agent_does COMMAND: the same, and shown.
agent_does() {
	prompt "$who" "$1"
	agent_asks "$1"
	told
}

# --- checks ---------------------------------------------------------------------------------------

rows=()

# shown CLAIM EVIDENCE: the claim's checks have held.
shown() {
	rows+=("$1|$2")
}

fail() {
	printf '\n%sNOT SHOWN: %s%s\n  %s\n' "$red" "$1" "$plain" "${2//$'\n'/$'\n'  }"
	[[ ! -s /run/demo/writd.log ]] || sed 's/^/  /' /run/demo/writd.log | tail -n 12
	exit 1
}

# check CLAIM COMMAND...
check() {
	local claim=$1
	shift
	"$@" || fail "$claim" "failed: $* (last output: ${output:-none})"
}

# wait_for COMMAND...: until it succeeds.
wait_for() {
	local deadline=$((SECONDS + patience))
	until "$@"; do
		((SECONDS < deadline)) || return 1
		sleep 0.1
	done
}

table() {
	local row
	scene 'What was shown'
	for row in "${rows[@]}"; do
		printf '%s+%s %-40s %s\n' "$green" "$plain" "${row%%|*}" "${row#*|}"
	done
}

log_table() {
	writ audit tail -n 1000000 --json | awk -v about=/etc/ssl/ -f /run/demo/log.awk | paint
}

# Lines of the log, as they are there, that hold all of the given parts.
log_lines() {
	local lines part
	lines=$(writ audit tail -n 1000000 --json)
	for part; do
		lines=$(grep -F -e "$part" <<<"$lines") || return 1
	done
	printf '%s\n' "$lines"
}

# The log has a decision with VERDICT REASON OBJECT, and the further parts.
logged() {
	log_lines '"type":"decision"' "\"verdict\":\"$1\",\"reason\":\"$2\"" "\"object\":\"$3\"" \
		"${@:4}" >/dev/null
}
