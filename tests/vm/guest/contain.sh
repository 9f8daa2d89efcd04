# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=dash disable=SC2154,SC2034
# What no agent may do, even as root. Each act is tried unmanaged, by an agent whose role has the
# capabilities and not the family, by one whose role opens the family, and in mode monitor. With a
# full ring: hooks.sh.

box=/vm/contain

# Takes away what an act has made.
undo() {
	while umount "$box/target" 2>/dev/null; do :; done
}

# guarded OPERATION OBJECT RESULT ACTS...: RESULT is what the acts give whoever may.
guarded() {
	act_operation=$1 act_object=$2 act_result=$3
	shift 3
	mkdir -p $box/target
	free "$act_result" "$@"
	undo
	agent able "/vm/able/$name"
	try EPERM "$@"
	undo
	seen deny "$act_operation" guardrail "$act_object"
	agent opened "/vm/opened/$name"
	try "$act_result" "$@"
	undo
	seen allow "$act_operation" role "$act_object"
	agent able-watched "/vm/able-watched/$name"
	try "$act_result" "$@"
	undo
	seen would_deny "$act_operation" guardrail "$act_object"
}

# behind AGENT VERDICT REASON RESULT: one of those that guarded_behind tries, with what it has set.
behind() {
	agent "$1" "/vm/$1/$name"
	# shellcheck disable=SC2086 # words
	want "$1: $acts" "$setup_results ok $4" \
		"$($act procs "$root$group/cgroup.procs" $setup join $acts | sed 's/^ok //')"
	undo
	[ "$2" = - ] || seen "$2" "$act_operation" "$3" "$act_object"
}

# guarded_behind OPERATION OBJECT RESULT SETUP RESULTS ACTS...: the same for acts that need something
# done before: SETUP, with its results, unmanaged; then the process joins.
guarded_behind() {
	act_operation=$1 act_object=$2 act_result=$3 setup=$4 setup_results=$5
	shift 5
	acts=$*
	mkdir -p $box/target
	behind free - - "$act_result"
	behind able deny guardrail EPERM
	behind opened allow role "$act_result"
	behind able-watched would_deny guardrail "$act_result"
}

victim() {
	sleep 1000 &
	victim=$!
	await 20 grep -q sleep "/proc/$victim/comm"
}

case_mount() {
	guarded mount $box/target ok mount $box/target
	mkdir -p $box/source
	guarded mount $box/target ok bindmount $box/source $box/target
}

case_umount() {
	guarded_behind mount $box/target ok "mount $box/target" ok umount $box/target
}

case_new_mount_api() {
	guarded mount tmpfs ok superblock tmpfs
	guarded_behind mount tmpfs ok "mount $box/target" ok reconfigure $box/target
	mkdir -p $box/source
	guarded_behind mount $box/target ok "tree $box/source" ok attachtree $box/target
}

# In a root that can be left: the first one can't.
case_pivot_root() {
	set -- unshare mount $box/target chdir $box/target chroot $box/target mkdir /new mount /new
	guarded_behind mount $box/target/new ok "$*" 'ok ok ok ok ok ok' pivot /new
}

case_chroot() {
	guarded chroot $box/target ok chroot $box/target
}

case_user_namespace() {
	guarded namespace user ok userns
}

case_bpf() {
	guarded bpf map_create ok bpf
}

case_perf() {
	guarded perf perf_event_open ok perf
}

case_module() {
	guarded module module ENOEXEC module
	guarded module kexec_image ok kexec
	echo nothing >$box/file.ko
	guarded_behind module $box/file.ko ENOEXEC "hold r $box/file.ko" ok modulefile
}

# Whoever asks for a file system that nobody has gets the same answer; the agent's question stops
# before the kernel starts a program to look for a module.
case_module_request() {
	free ENODEV filesystem writ-none
	for one in 'able deny guardrail' 'opened allow role' 'able-watched would_deny guardrail'; do
		# shellcheck disable=SC2086 # words
		set -- $one
		agent "$1" "/vm/$1/$name"
		try ENODEV filesystem writ-none
		seen "$2" module "$3" fs-writ-none
	done
}

case_devices() {
	for node in 'memory 1 1' 'messages 1 11'; do
		# shellcheck disable=SC2086 # words
		set -- $node
		[ -e "$box/$1" ] || mknod "$box/$1" c "$2" "$3"
		free ok open r "$box/$1"
		agent able "/vm/able/$name"
		try EPERM open r "$box/$1"
		seen deny open guardrail "$box/$1" access=read
		agent opened "/vm/opened/$name"
		allowed role r "$box/$1"
		agent able-watched "/vm/able-watched/$name"
		try ok open r "$box/$1"
		seen would_deny open guardrail "$box/$1"
	done
	# a disk that is not there: the hook comes before its driver
	[ -e $box/disk ] || mknod $box/disk b 240 0
	free ENXIO open r $box/disk
	agent able "/vm/able/$name"
	try EPERM open r $box/disk
	seen deny open guardrail $box/disk
}

# Opening the family gives no right: the path is judged as ever.
case_device_needs_its_path_too() {
	mkdir -p "/vm/secret/$name"
	mknod "/vm/secret/$name/memory" c 1 1
	agent opened "/vm/opened/$name"
	denied no_rule r "/vm/secret/$name/memory"
}

case_harmless_devices() {
	for node in 'null 1 3' 'zero 1 5' 'full 1 7' 'random 1 8' 'urandom 1 9'; do
		# shellcheck disable=SC2086 # words
		set -- $node
		mknod "$box/$1" c "$2" "$3"
		agent able "/vm/able/$name"
		allowed role r "$box/$1"
	done
	held
}

case_ptrace() {
	victim
	guarded ptrace "$victim sleep attach" ok seize $victim
	guarded ptrace "$victim sleep read" ok compare $victim
	kill $victim
}

case_pidfd_is_no_file() {
	free ok pidfd
	agent able "/vm/able/$name"
	try ok pidfd
	lines 0 "agent=$who" reason=anonymous
	held
}

# Its parent is nobody's.
case_traceme() {
	for one in 'able deny EPERM' 'opened allow ok' 'able-watched would_deny ok'; do
		# shellcheck disable=SC2086 # words
		set -- $one
		agent "$1" "/vm/$1/$name"
		mkdir -p "$root$group"
		want "$1" "ok ok $3" "$($act procs "$root$group/cgroup.procs" join traceme)"
		reason=guardrail
		[ "$1" != opened ] || reason=role
		found type=decision "agent=$1" operation=ptrace "verdict=$2" "reason=$reason"
	done
}

case_signal() {
	victim
	guarded signal "$victim sleep signal 18" ok signal $victim 18
	agent able "/vm/able/$name"
	try ok signal $victim 0 # asks whether there is such a process
	kill $victim
}

case_own_processes_are_its_own() {
	agent able "/vm/able/$name"
	(become "$group" "$act" sleep 100000) >/dev/null &
	own=$!
	await 20 grep -qx act "/proc/$own/comm"
	for one in "seize $own" "nice $own" "affinity $own" "limit $own" "signal $own 9"; do
		# shellcheck disable=SC2086 # words
		try ok $one
	done
	wait $own 2>/dev/null
	held
}

case_other_agents_are_not_its_own() {
	(become /vm/unable/other "$act" sleep 100000) >/dev/null &
	other=$!
	await 20 grep -qx act "/proc/$other/comm"
	agent able "/vm/able/$name"
	try EPERM signal $other 9
	seen deny signal guardrail "$other act signal 9"
	kill -9 $other
}

case_priority_and_limits() {
	victim
	guarded control "$victim sleep nice" ok nice $victim
	guarded control "$victim sleep scheduler" ok affinity $victim
	guarded control "$victim sleep ioprio" ok iopriority $victim
	guarded control "$victim sleep limit" ok limit $victim
	kill $victim
}

case_file_owner() {
	victim
	guarded owner $victim ok own $victim
	guarded owner F_SETOWN_EX ok ownex $victim
	agent able "/vm/able/$name"
	try ok own 0
	kill $victim
}

case_io_uring() {
	guarded uring sqpoll ok sqpoll
	guarded uring personality ok personality
	guarded ioctl /dev/null ok drive /dev/null
}

case_cgroupfs() {
	mkdir -p $root/vm/free
	guarded open $root/vm/free/cgroup.procs ok open w $root/vm/free/cgroup.procs
	for one in able opened able-watched; do
		rmdir $root/vm/free/made $root/vm/free/renamed 2>/dev/null
		agent $one "/vm/$one/$name"
		case $one in
		able) result='EPERM' verdict=deny reason=guardrail ;;
		opened) result='ok' verdict=allow reason=role ;;
		*) result='ok' verdict=would_deny reason=guardrail ;;
		esac
		try $result mkdir $root/vm/free/made
		mkdir -p $root/vm/free/made
		try $result rmdir $root/vm/free/made
		found type=decision "agent=$one" operation=cgroup "verdict=$verdict" \
			"reason=$reason" object=made
	done
	agent able "/vm/able/$name"
	allowed role r $root/vm/free/cgroup.procs
}

# No capability is listed: none is had.
case_capability() {
	free ok hostname
	agent unable "/vm/unable/$name"
	try EPERM hostname
	seen deny capability no_rule CAP_SYS_ADMIN
	try EPERM user 65534
	seen deny capability no_rule CAP_SETUID
	agent able "/vm/able/$name"
	try ok hostname
	agent unable-watched "/vm/unable-watched/$name"
	try ok hostname
	seen would_deny capability no_rule CAP_SYS_ADMIN
}

# A mode that forbids even root without CAP_DAC_OVERRIDE, met by way of a ring and older credentials.
case_capability_by_older_credentials() {
	echo private >$box/private
	chown 65534 $box/private
	chmod 600 $box/private
	free 'ok ok' open r $box/private linked $box/private
	agent unable "/vm/unable/$name"
	try 'EACCES EACCES' open r $box/private linked $box/private
	seen deny capability no_rule CAP_DAC_OVERRIDE
}

# The kernel asks in silence whether it may show addresses: the answer is no, and no record.
case_capability_asked_in_silence() {
	free ok addresses /proc/kallsyms
	agent unable "/vm/unable/$name"
	try ENODATA addresses /proc/kallsyms
	agent able "/vm/able/$name"
	try ok addresses /proc/kallsyms
	lines 0 operation=capability
	agent worker "/vm/worker/$name"
	held
}
