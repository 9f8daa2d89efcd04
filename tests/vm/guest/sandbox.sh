# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=dash disable=SC2154
# What the core has given up: as the kernel says it of writd, and by a program that has given up the
# same and tries. That all else still works is what the other families show; the last case looks at
# what they have left in the kernel's log.

# kernel_has KEY of writd: /proc/PID/status.
kernel_has() {
	sed -n "s/^$1:[[:space:]]*//p" "/proc/$(daemon_pid)/status"
}

# kept_from ERROR ACT...: root alone may, root with writd's tables may not.
kept_from() {
	error=$1
	shift
	for what; do
		want "root's $what" ok "$(confined free "$what")"
		want "the core's $what" "$error" "$(confined core "$what")"
	done
}

has_landlock() {
	grep -q landlock /sys/kernel/security/lsm
}

case_core_is_confined() {
	for set in CapEff CapPrm CapBnd; do
		want $set 00000080002000ef "$(kernel_has $set)"
	done
	want CapInh 0000000000000000 "$(kernel_has CapInh)"
	want CapAmb 0000000000000000 "$(kernel_has CapAmb)"
	want Seccomp 2 "$(kernel_has Seccomp)"
	want NoNewPrivs 1 "$(kernel_has NoNewPrivs)"
}

# What sweeps keeps what a sweep needs: it was forked before.
case_cutter_is_confined() {
	cutter=/proc/$(status cutter)/status
	for set in CapEff CapPrm CapBnd; do
		want $set 0000008000281004 "$(sed -n "s/^$set:[[:space:]]*//p" "$cutter")"
	done
	want Seccomp 2 "$(sed -n 's/^Seccomp:[[:space:]]*//p' "$cutter")"
	want NoNewPrivs 1 "$(sed -n 's/^NoNewPrivs:[[:space:]]*//p' "$cutter")"
	contains 'status --security' ' DAC_READ_SEARCH NET_ADMIN SYS_PTRACE SYS_ADMIN BPF' \
		"$(writ status --security | grep '^writ-cutter ')"
}

case_status_says_so() {
	await 20 broker_runs || fail 'there is no broker'
	said=$(writ status --security)
	core=$(echo "$said" | grep '^writd ')
	audit=$(echo "$said" | grep '^writ-audit ')
	broker=$(echo "$said" | grep '^writ-broker ')
	contains 'of the core' ' root ' "$core"
	contains 'of the core' ' 1 filter ' "$core"
	contains 'of the core' ' CHOWN DAC_OVERRIDE DAC_READ_SEARCH FOWNER KILL SETGID SETUID SYS_ADMIN BPF' "$core"
	contains 'of the broker' ' writ ' "$broker"
	contains 'of the broker' ' 2 filters ' "$broker"
	contains 'of the broker' ' none' "$broker"
	contains 'of audit' ' writ-audit ' "$audit"
	contains 'of audit' ' 2 filters ' "$audit"
	contains 'of audit' ' none' "$audit"
	if has_landlock; then
		contains 'of the core' ' yes, ABI ' "$core"
		contains 'of the broker' " writd's, ABI " "$broker"
	else
		contains 'of the core' ' no ' "$core"
		contains 'of the broker' ' unknown ' "$broker"
	fi
	want 'processes that can gain nothing' 4 \
		"$(writ status --security --json | grep -c '"no_new_privs": true')"
}

broker_runs() {
	[ "$(status broker)" -gt 0 ]
}

case_what_it_can_not() {
	kept_from EPERM mount chroot namespace raw_socket clock module
	has_landlock || skip 'no Landlock: files are not refused'
	kept_from EACCES write_etc write_sysctl write_memory execute_cat
	# not EACCES: the capability is asked first
	kept_from EPERM device
}

case_what_it_must() {
	: >/tmp/of-a-user
	chown 1000:1000 /tmp/of-a-user
	chmod 600 /tmp/of-a-user
	set -- write_log read_others become_user execute_broker make_cgroup find_cgroup
	want 'root' 'ok ok ok ok ok ok' "$(confined free "$@")"
	want 'the core' 'ok ok ok ok ok ok' "$(confined core "$@")"
	want 'with a validator' 'ok ok ok ok ok ok' "$(confined validating "$@")"
}

# A validator is executed, and is no way out.
case_with_a_validator() {
	want 'the validator' ok "$(confined validating execute_cat)"
	set -- mount chroot namespace raw_socket clock module
	want 'what it can not' 'EPERM EPERM EPERM EPERM EPERM EPERM' \
		"$(confined validating "$@")"
	has_landlock || skip 'no Landlock: files are not refused'
	want 'files' 'EACCES EACCES' "$(confined validating write_etc write_sysctl)"
}

# The kernel notes each call that the filter refused. By the control it does so here.
case_no_call_was_missing() {
	clock_is acpi_pm
	confined core mount >/dev/null
	dmesg | grep -q 'type=1326.*comm="confined".* syscall=165 ' ||
		fail 'the kernel notes nothing'
	# ptrace (101) is tried by the program that was in the broker's place; clone3 (435) is to be
	# answered with ENOSYS, whereupon libc takes clone
	missing=$(dmesg | grep 'type=1326.*comm="writ' |
		grep -v -e 'comm="writ-broker".*syscall=101 ' -e ' syscall=435 ' |
		sed 's/.*comm="\([^"]*\)".*\(syscall=[0-9]*\).*/\1 \2/' | sort -u | tr '\n' ' ')
	want 'refused calls' '' "$missing"
}
