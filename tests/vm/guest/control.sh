# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=dash disable=SC2154
# The control socket: root outside of every agent, well-formed, and nobody else.

case_unmanaged_root_is_answered() {
	contains 'answer' ok "$(/vm/bin/control ask)"
}

case_agent_is_refused() {
	want 'agent' EPERM "$(as "$group" /vm/bin/control ask)"
	seen deny connect protected /run/writ/core.sock
	agent watched /vm/watched
	want 'agent that is only watched' EPERM "$(as "$group" /vm/bin/control ask)"
	seen deny connect protected /run/writ/core.sock
}

case_agent_that_moved_out_is_refused() {
	agent watched /vm/watched
	want 'watched agent in the root cgroup' EPERM \
		"$(as "$group" $act procs $root/cgroup.procs join exec /vm/bin/control control ask |
			sed 's/^ok ok //')"
}

case_other_user_is_refused() {
	want 'nobody' EACCES "$($act user 65534 exec /vm/bin/control control ask | sed 's/^ok //')"
}

case_malformed_requests() {
	contains 'short' EPROTO "$(/vm/bin/control short)"
	contains 'other version' EPROTO "$(/vm/bin/control version)"
	contains 'no such verb' EOPNOTSUPP "$(/vm/bin/control unknown)"
	want 'unterminated' 'EBADMSG malformed request' "$(/vm/bin/control unterminated)"
	writ status >/dev/null || fail 'writd answers no more'
}

case_deaf_client_blocks_nobody() {
	/vm/bin/control deaf >/tmp/deaf &
	one=$!
	/vm/bin/control deaf >/tmp/deaf &
	two=$!
	await 20 grep -q E /tmp/deaf
	for i in 1 2 3; do
		timeout 20 writ status >/dev/null || fail "writ status is blocked ($i)"
	done
	held
	kill -9 $one $two
	wait
	timeout 20 writ status >/dev/null || fail 'writ status is blocked'
}
