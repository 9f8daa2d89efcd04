# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=dash disable=SC2154,SC2046
# Connecting: address and port of TCP and UDP, Unix sockets by name; nothing else connects.

# refused REASON OBJECT WORDS...: an unmanaged process gets through, the agent does not.
refused() {
	why=$1
	object=$2
	shift 2
	free ok "$@"
	try EPERM "$@"
	seen deny connect "$why" "$object"
}

# reached OBJECT WORDS...
reached() {
	object=$1
	shift
	try ok "$@"
	seen allow connect role "$object"
}

case_tcp() {
	serve listen 443 listen 444
	reached 'tcp 127.0.0.1:443' connect tcp 127.0.0.1 443
	found "agent=$who" operation=connect family=2 protocol=tcp address=127.0.0.1 port=443
	refused no_rule 'tcp 127.0.0.1:444' connect tcp 127.0.0.1 444
	refused no_rule 'tcp 127.0.0.2:443' connect tcp 127.0.0.2 443
	stop
}

case_ipv6() {
	serve listen 443 listen 444
	reached 'tcp [::1]:443' connect tcp ::1 443
	refused no_rule 'tcp [::1]:444' connect tcp ::1 444
	stop
}

case_mapped_ipv4_is_ipv4() {
	serve listen 443 listen 444
	reached 'tcp 127.0.0.1:443' connect tcp ::ffff:127.0.0.1 443
	refused no_rule 'tcp 127.0.0.1:444' connect tcp ::ffff:127.0.0.1 444
	stop
}

case_ipv4_address_on_ipv6_socket() {
	try ok connect6 udp 127.0.0.1 53
	seen allow connect role 'udp 127.0.0.1:53'
	refused no_rule 'udp 127.0.0.1:54' connect6 udp 127.0.0.1 54
}

case_udp() {
	reached 'udp 127.0.0.1:53' connect udp 127.0.0.1 53
	refused no_rule 'udp 127.0.0.1:54' connect udp 127.0.0.1 54
	refused no_rule 'udp 127.0.0.1:443' connect udp 127.0.0.1 443
}

case_unix_socket() {
	serve listenunix "/run/$name.sock"
	refused no_rule "/run/$name.sock" unix "/run/$name.sock"
	found "agent=$who" operation=connect family=1
	stop
}

# Programs give the whole structure; its NULs are no part of the name.
case_unix_socket_with_padding() {
	serve listenunix "/run/$name.sock"
	refused no_rule "/run/$name.sock" padded "/run/$name.sock"
	stop
}

case_abstract_socket() {
	serve listenunix @vm-name
	refused no_rule @vm-name abstract vm-name
	stop
}

case_other_families() {
	free ok netlink
	try EPERM netlink
	seen deny connect family 'family 16'
	free ok raw 127.0.0.1
	try EPERM raw 127.0.0.1
	seen deny socket family 'family 2 type 3 protocol 1'
	held
}

case_unspec_dissolves() {
	serve listen 443
	reached 'tcp 127.0.0.1:443' connect tcp 127.0.0.1 443
	try ok dissolve 127.0.0.1 443
	refused no_rule 'udp 127.0.0.1:54' connect udp 127.0.0.1 54
	stop
}

case_cut_addresses() {
	for bytes in 2 4 7; do
		mark
		free EINVAL cut $bytes 127.0.0.1 443
		try EPERM cut $bytes 127.0.0.1 443
		found "agent=$who" operation=connect verdict=deny reason=address_error
	done
	for bytes in 0 1; do # newer kernels refuse these before they ask
		free EINVAL cut $bytes 127.0.0.1 443
		[ "$(as "$group" $act cut $bytes 127.0.0.1 443)" != 'ok ' ] || fail "$bytes bytes do"
	done
	try EINVAL cut 8 127.0.0.1 443
	try EPERM cut 8 127.0.0.1 444
	try EPERM cut 23 ::1 443
	held
}
