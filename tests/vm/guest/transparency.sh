# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=dash disable=SC2154
# The same work unmanaged and as an agent that may do everything: status, output and file tree must
# be the same, byte for byte. The works are tests/transparency/jobs.

base=/tmp/transparency

# work WHO COMMAND...: runs the case's work in a fresh directory of always the same name.
work() {
	result=$base/$name.$1
	shift
	rm -rf "$base/work"
	mkdir -p "$base/work"
	(cd "$base/work" && "$@" /usr/bin/timeout -s KILL 240 /bin/sh "/vm/jobs/$name.sh") \
		>"$result.out" 2>"$result.err" </dev/null
	echo $? >"$result.status"
	(cd "$base/work" && /vm/bin/manifest .) >"$result.tree" || fail 'the tree can not be read'
}

# As it would be without a log; nothing of the caller's environment comes along.
clean() {
	exec env -i PATH=/usr/sbin:/usr/bin LANG=C "$@"
}

managed() {
	become "$group" env -i PATH=/usr/sbin:/usr/bin LANG=C "$@"
}

same() {
	agent anything /vm/anything
	work free clean
	[ "$(cat "$base/$name.free.status")" = 0 ] ||
		fail "unmanaged: $(cat "$base/$name.free.status"): $(tail -n 3 "$base/$name.free.err")"
	work agent managed
	for part in status out err tree; do
		cmp -s "$base/$name.free.$part" "$base/$name.agent.$part" ||
			fail "$part differs: $(diff "$base/$name.free.$part" \
				"$base/$name.agent.$part" | head -n 12)"
	done
	note "$(wc -l <"$base/$name.agent.tree") names, $(wc -c <"$base/$name.agent.out") bytes" \
		"of output, the same; $(/vm/bin/audit count "$mark" agent=anything) decisions"
	found agent=anything verdict=allow reason=role operation=exec
	lines 0 agent=anything verdict=deny
	agent worker "/vm/worker/$name"
	held
}

case_compile() {
	same
}

case_git() {
	same
}

case_sqlite() {
	same
}

case_trees() {
	same
}

case_python() {
	same
}

case_nginx() {
	same
}
