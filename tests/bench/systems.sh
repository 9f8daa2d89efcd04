# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# What the systems that are measured are told, each to the same effect: so many tenants' trees may be
# read, written and run, and one peer be reached. In: a number of tenants. Out: text.

tenants() { # NUMBER FORMAT
	local i
	for ((i = 1; i <= $1; i++)); do
		# shellcheck disable=SC2059 # a format is meant
		printf -- "$2" "$i"
	done
}

readonly sockets='{bind: 127.0.0.1, ports: [8080, 8081]}, {listen: 127.0.0.1, ports: [8080, 8081]},
  {bind: 127.0.0.1, ports: [8080, 8081], protocol: udp}'

# An agent bench-NUMBER, in a cgroup of the same name, and its role.
writ_agent() {
	printf 'apiVersion: writ/v1\nkind: Role\nname: bench-%d\nfiles:\n' "$1"
	printf -- '- {path: /usr/bin/measure, allow: [read, execute]}\n'
	tenants "$1" '- {path: "/srv/tenants/d%08d/**", allow: [read, write, create, delete, execute]}\n'
	printf 'network: [{connect: 127.0.0.1, ports: [8080]},\n'
	printf '  {connect: 127.0.0.1, ports: [8080], protocol: udp}, %s]\n---\n' "$sockets"
	printf '{apiVersion: writ/v1, kind: Agent, name: bench-%d, match: {cgroup: /bench-%d},' "$1" "$1"
	printf ' role: bench-%d}\n' "$1"
}

# An agent bench-grant, that may do the same by a grant alone.
writ_agent_of_grants() {
	cat <<-EOF
		apiVersion: writ/v1
		kind: Role
		name: bench-grant
		files: [{path: /usr/bin/measure, allow: [read, execute]}]
		network: [$sockets]
		playbooks: [tenant]
		---
		apiVersion: writ/v1
		kind: Playbook
		name: tenant
		parameters: {tenant: {type: name}, peer: {type: address}}
		files: [{path: "/srv/tenants/{tenant}/**", allow: [read, write, create, delete, execute]}]
		network: [{connect: "{peer}", ports: [8080]}, {connect: "{peer}", ports: [8080], protocol: udp}]
		ttl: {default: 1d, max: 1d}
		scope: agent
		---
		{apiVersion: writ/v1, kind: Agent, name: bench-grant, match: {cgroup: /bench-grant}, role: bench-grant}
	EOF
}

apparmor_profile() { # NAME NUMBER [audit]
	printf 'abi <abi/3.0>,\nprofile %s {\n' "$1"
	tenants "$2" "${3:-} \"/srv/tenants/d%08d/**\" rwix,\n"
	printf '/usr/bin/measure r,\n/out/** rw,\n/tmp/** rw,\n/dev/** rw,\n'
	printf '%s network inet stream,\n%s network inet dgram,\n}\n' "${3:-}" "${3:-}"
}
