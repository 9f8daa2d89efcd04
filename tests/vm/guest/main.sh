#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=dash disable=SC1090,SC1091,SC2154
#
# Runs cases in the guest.
# In:  main.sh FAMILY... [-- CASE...]: the files beside this one, and of their cases FAMILY/NAME
#      those that match one of the patterns.
# Out: `@@ plan CASE...`, then for each case `@@ ok CASE`, `@@ not ok CASE - reason` or
#      `@@ skip CASE - reason`; everything else is for people.
# A case is a function case_NAME in FAMILY.sh, or a technique of tests/escape. Each has a shell of its
# own and a time limit.

here=${0%/*}
case_limit=400
[ ! -e /vm/storm.seconds ] || case_limit=$((case_limit + 2 * $(cat /vm/storm.seconds)))

. "$here/lib.sh"

if [ "$1" = --case ]; then
	name=$3
	begin_fresh=
	. "$here/$2.sh"
	case " $begin_fresh " in
	*" $name "*) ;;
	*) [ ! -e /run/unfit ] || daemon_fresh ;;
	esac
	agent "${subject:-worker}" "/vm/${subject:-worker}/$name" # a family may have its own
	[ ! -e $log ] || mark
	case $2 in
	escape) technique ;;
	*) "case_$name" ;;
	esac
	exit
fi

cases_of() {
	[ "$1" != escape ] || sed 's|^\([a-z0-9_]*\).*|escape/\1|' /vm/escape/techniques
	sed -n "s|^case_\([a-z0-9_]*\)() {.*|$1/\1|p" "$here/$1.sh"
}

is_chosen() {
	chosen=$1
	shift
	[ $# -gt 0 ] || return 0
	for pattern; do
		# shellcheck disable=SC2254 # patterns are wanted
		case $chosen in
		$pattern | $pattern/*) return 0 ;;
		esac
	done
	return 1
}

# After a failure nobody knows what is in force.
repair() {
	standard_policy
	(daemon_fresh) || echo "writd could not be started again"
}

run_case() {
	rm -f /tmp/reason
	started=$(cut -d. -f1 /proc/uptime)
	timeout -s KILL $case_limit /bin/sh "$0" --case "${1%/*}" "${1#*/}"
	result=$?
	reason=$(cat /tmp/reason 2>/dev/null | tr -s '\n' ' ')
	echo "($1: $(($(cut -d. -f1 /proc/uptime) - started)) s)"
	case $result in
	0) echo "@@ ok $1" ;;
	77) echo "@@ skip $1 - $reason" ;;
	137) echo "@@ not ok $1 - no end after $case_limit s" ;;
	*) echo "@@ not ok $1 - ${reason:-status $result}" ;;
	esac
	[ $result != 0 ] && [ $result != 77 ] || return 0
	tail -n 12 $log /run/writd.log 2>/dev/null
	repair
}

set_up() {
	mkdir -p /vm/tools /vm/secret /vm/programs /vm/jail/bin /vm/data /vm/grants /vm/maponly
	for copy in /vm/tools/act /vm/tools/picky /vm/tools/long /vm/jail/bin/act /vm/secret/act; do
		cp $act $copy
	done
	cp /usr/bin/cat /vm/tools/cat
	standard_policy
}

families=
while [ $# -gt 0 ] && [ "$1" != -- ]; do
	families="$families $1"
	shift
done
[ $# -eq 0 ] || shift
plan=
for family in $families; do
	for one in $(cases_of "$family"); do
		! is_chosen "$one" "$@" || plan="$plan $one"
	done
done
echo "@@ plan$plan"
set_up
case $families in
*bare*) ;;
*) (daemon_must_start) || exit 1 ;;
esac
for one in $plan; do
	run_case "$one"
done
[ ! -s /run/writd.log ] || { echo '--- writd:' && tail -n 50 /run/writd.log; }
