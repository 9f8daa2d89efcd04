# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=dash disable=SC2154
# A kernel that was booted without bpf in lsm=: load and attach would succeed, and enforce nothing.

case_writd_refuses_to_start() {
	contains 'the LSMs of this boot' landlock "$(cat /sys/kernel/security/lsm)"
	said=$(writd --policy $policy 2>&1)
	want 'status of writd' 1 $?
	contains 'what writd says' 'add bpf to the lsm= kernel parameter' "$said"
	[ ! -e /sys/fs/bpf/writ ] || fail 'something is pinned'
	writ status 2>/dev/null
	want 'status of writ status' 3 $?
}

case_check_names_it() {
	said=$(writd --check)
	want 'status of writd --check' 1 $?
	contains 'what it says' 'NO   bpf in the LSM list' "$said"
	contains 'what it says' '1 of [0-9]* missing' "$said"
	said=$(writd --check --json | tr -d ' \n')
	contains 'its JSON' '"ready":false,"missing":1' "$said"
}
