# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=dash disable=SC2154,SC2046,SC2086
# Sockets beside connecting to an address: which there may be, bind, listen, send, Unix names.

# Every case's agent is `netter`, in a cgroup of the case's own.
net() {
	agent netter "/vm/netter/$name"
	mkdir -p /run/net
}

# refused OPERATION REASON OBJECT WORDS...: an unmanaged process may, the agent may not.
refused() {
	operation=$1
	why=$2
	object=$3
	shift 3
	free ok "$@"
	try EPERM "$@"
	seen deny "$operation" "$why" "$object"
}

# permitted OPERATION OBJECT WORDS...
permitted() {
	operation=$1
	object=$2
	shift 2
	try ok "$@"
	seen allow "$operation" role "$object"
}

# --- which sockets there may be -------------------------------------------------------------------

# The words that `act socket FAMILY TYPE PROTOCOL` gives for every family of AF_MAX and each type.
every_family() {
	family=0
	while [ $family -lt 46 ]; do
		for type in 1 2 3 4 5 6; do
			echo socket $family $type 0
		done
		family=$((family + 1))
	done
}

case_families_are_an_allow_list() {
	net
	got=$(as "$group" $act $(every_family))
	want 'families' 276 "$(echo $got | wc -w)"
	want 'all but a few' 'EPERM' "$(echo $got | tr ' ' '\n' | grep -v '^ok$' | sort -u)"
	i=0
	allowed=
	for word in $got; do
		[ "$word" != ok ] || allowed="$allowed $((i / 6)).$((i % 6 + 1))"
		i=$((i + 1))
	done
	want 'families and types' '1.1 1.2 1.5 2.1 2.2 10.1 10.2 16.2 16.3' "$(echo $allowed)"
	lines 267 "agent=$who" operation=socket verdict=deny reason=family
	free 'ok ok' socket 17 3 0 socket 16 3 15
	[ "$($act $(every_family) | tr ' ' '\n' | grep -c EPERM)" = 0 ] || fail 'EPERM without an agent'
}

case_protocols_are_an_allow_list() {
	net
	try 'ok ok ok ok ok' socket 2 1 6 socket 2 2 17 socket 10 1 6 socket 10 2 17 socket 2 1 262
	refused socket family 'family 2 type 3 protocol 1' socket 2 3 1
	refused socket family 'family 10 type 3 protocol 58' socket 10 3 58
	refused socket family 'family 17 type 3 protocol 768' socket 17 3 768
	refused socket family 'family 16 type 3 protocol 9' socket 16 3 9
	try 'EPERM EPERM EPERM EPERM EPERM' socket 2 2 136 socket 2 1 132 socket 40 1 0 socket 38 5 0 socket 2 10 768
	seen deny socket family 'family 2 type 2 protocol 136'
	seen deny socket family 'family 2 type 1 protocol 132'
	seen deny socket family 'family 40 type 1 protocol 0'
	seen deny socket family 'family 17 type 10 protocol 768'
	held
}

case_pairs_are_left_alone() {
	net
	settle
	mark
	try 'ok ok' pair s pair d
	lines 0 "agent=$who" type=decision reason=family
	lines 0 "agent=$who" operation=send
	held
}

# --- netlink --------------------------------------------------------------------------------------

case_netlink_asks_and_changes_nothing() {
	net
	free 'ok ok ok' interfaces linkget linkset
	try 'ok ok' interfaces linkget
	refused send family 'family 16' linkset
	mark
	refused send family 'family 16' linkboth
	held
}

case_netlink_reaches_the_kernel_alone() {
	net
	free ECONNREFUSED linkto 424242
	try EPERM linkto 424242
	seen deny send family 'family 16'
	held
}

# --- bind and listen ------------------------------------------------------------------------------

case_bind() {
	net
	permitted bind 'tcp 127.0.0.1:7001' bind tcp 127.0.0.1 7001
	permitted bind 'udp 127.0.0.1:7001' bind udp 127.0.0.1 7001
	permitted bind 'tcp [::1]:7001' bind tcp ::1 7001
	refused bind no_rule 'udp [::1]:7001' bind udp ::1 7001
	refused bind no_rule 'tcp 127.0.0.1:7004' bind tcp 127.0.0.1 7004
	refused bind no_rule 'tcp 127.0.0.3:7001' bind tcp 127.0.0.3 7001
	refused bind no_rule 'tcp 0.0.0.0:7001' bind tcp 0.0.0.0 7001
}

case_bind_mapped_is_ipv4() {
	net
	permitted bind 'tcp 127.0.0.1:7001' bind tcp ::ffff:127.0.0.1 7001
	refused bind no_rule 'tcp 127.0.0.1:7004' bind tcp ::ffff:127.0.0.1 7004
	refused bind no_rule 'tcp 0.0.0.0:7001' bind tcp ::ffff:0.0.0.0 7001
}

# Port 0 is any port: only a rule without ports speaks of it.
case_bind_port_zero() {
	net
	permitted bind 'tcp 127.0.0.2:0' bind tcp 127.0.0.2 0
	refused bind no_rule 'tcp 127.0.0.1:0' bind tcp 127.0.0.1 0
}

# :: takes IPv4 as well: both must be allowed.
case_bind_any_is_both() {
	net
	try ok bind tcp :: 7002
	seen allow bind role 'tcp [::]:7002'
	seen allow bind role 'tcp 0.0.0.0:7002'
	refused bind no_rule 'tcp 0.0.0.0:7003' bind tcp :: 7003
	refused bind no_rule 'tcp [::]:7004' bind tcp :: 7004
}

case_bind_odd_addresses() {
	net
	refused bind no_rule 'tcp 0.0.0.0:7001' bindunspec 7001
	permitted bind 'tcp 0.0.0.0:7002' bindunspec 7002
	free EINVAL bind6 tcp 127.0.0.1 7004
	for bytes in 2 4 7; do
		mark
		free EINVAL bindshort $bytes 127.0.0.1 7001
		try EPERM bindshort $bytes 127.0.0.1 7001
		found "agent=$who" operation=bind verdict=deny reason=address_error
	done
	mark
	try EPERM bindshort 23 ::1 7001
	found "agent=$who" operation=bind verdict=deny reason=address_error
	held
}

case_listen() {
	net
	permitted listen 'tcp 127.0.0.1:7001' bindlisten 127.0.0.1 7001
	permitted listen 'tcp 127.0.0.1:7001' bindlisten ::ffff:127.0.0.1 7001
	refused listen no_rule 'tcp [::1]:7001' bindlisten ::1 7001
	try ok bindlisten :: 7002
	seen allow listen role 'tcp [::]:7002'
	seen allow listen role 'tcp 0.0.0.0:7002'
}

# It binds to every address, at a port of the kernel's choice.
case_listen_without_bind() {
	net
	refused listen no_rule 'tcp 0.0.0.0:0' barelisten 4
	refused listen no_rule 'tcp [::]:0' barelisten 6
}

# --- send -----------------------------------------------------------------------------------------

case_send_udp() {
	net
	permitted send 'udp 127.0.0.1:54' send 127.0.0.1 54
	permitted send 'udp [::1]:54' send ::1 54
	refused send no_rule 'udp 127.0.0.1:55' send 127.0.0.1 55
	refused send no_rule 'udp 127.0.0.2:54' send 127.0.0.2 54
	permitted send 'udp 127.0.0.1:54' send ::ffff:127.0.0.1 54
	permitted send 'udp 127.0.0.1:54' send6 127.0.0.1 54
	refused send no_rule 'udp 127.0.0.1:55' send ::ffff:127.0.0.1 55
	mark
	refused send no_rule 'udp 127.0.0.1:55' send6 127.0.0.1 55
}

# Of UDP, `connect` and `send` are one right, and so is what denies them.
case_send_and_connect_are_one_of_udp() {
	net
	permitted send 'udp 127.0.0.1:53' send 127.0.0.1 53
	permitted connect 'udp 127.0.0.1:54' connect udp 127.0.0.1 54
	permitted send 'udp 127.0.9.1:5000' send 127.0.9.1 5000
	refused send role_deny 'udp 127.0.9.9:5000' send 127.0.9.9 5000
	refused connect role_deny 'udp 127.0.9.9:5000' connect udp 127.0.9.9 5000
	serve listen 54
	refused connect no_rule 'tcp 127.0.0.1:54' fastopen 127.0.0.1 54
	stop
}

case_send_without_address_family() {
	net
	refused send no_rule 'udp 127.0.0.1:55' sendunspec 4 127.0.0.1 55
	permitted send 'udp 127.0.0.1:54' sendunspec 4 127.0.0.1 54
	free EDESTADDRREQ sendunspec 6 127.0.0.1 54
	try EPERM sendunspec 6 127.0.0.1 54
	found "agent=$who" operation=send verdict=deny reason=address_error
	for bytes in 2 4 7; do
		mark
		free EINVAL sendshort $bytes 127.0.0.1 54
		try EPERM sendshort $bytes 127.0.0.1 54
		found "agent=$who" operation=send verdict=deny reason=address_error
	done
	mark
	try EPERM sendshort 0 127.0.0.1 54
	found "agent=$who" operation=send verdict=deny reason=address_error
}

# The kernel would choose an address of its own for these.
case_peer_that_is_none() {
	net
	serve listen 443
	refused connect address_error 'tcp 0.0.0.0:443' connect tcp 0.0.0.0 443
	refused connect address_error 'tcp [::]:443' connect tcp :: 443
	refused connect address_error 'tcp 0.0.0.0:443' connect tcp ::ffff:0.0.0.0 443
	refused send address_error 'udp 0.0.0.0:54' send 0.0.0.0 54
	refused send address_error 'udp [::]:54' send :: 54
	stop
}

case_sendmmsg() {
	net
	settle
	mark
	free 4 sendmany 127.0.0.1 54 127.0.0.1 55
	try 2 sendmany 127.0.0.1 54 127.0.0.1 55
	seen deny send no_rule 'udp 127.0.0.1:55'
	lines 1 "agent=$who" operation=send verdict=allow
	try 4 sendmany 127.0.0.1 53 127.0.0.1 54
}

case_connected_socket_sends_elsewhere() {
	net
	serve udpserve 53 udpserve 54 udpserve 55
	refused send no_rule 'udp 127.0.0.1:55' resend 127.0.0.1 54 127.0.0.1 55
	try ok resend 127.0.0.1 53 127.0.0.1 54
	mark
	refused connect no_rule 'udp 127.0.0.1:55' reconnect 127.0.0.1 54 127.0.0.1 55
	try ok reconnect 127.0.0.1 53 127.0.0.1 54
	stop
}

# One decision for the connect, none for what is sent through it.
case_connected_sends_are_no_decisions() {
	net
	serve udpserve 53 udpserve 54
	settle
	mark
	try ok resend 127.0.0.1 53 127.0.0.1 54
	lines 1 "agent=$who" operation=connect
	lines 1 "agent=$who" operation=send
	stop
}

case_fastopen_connects() {
	net
	serve listen 443 listen 444
	permitted connect 'tcp 127.0.0.1:443' fastopen 127.0.0.1 443
	refused connect no_rule 'tcp 127.0.0.1:444' fastopen 127.0.0.1 444
	refused connect no_rule 'tcp [::1]:444' fastopen ::1 444
	refused connect no_rule 'tcp 127.0.0.1:444' fastopen ::ffff:127.0.0.1 444
	stop
}

case_source_routes() {
	net
	refused socket guardrail 'family 2 type 2 protocol 17' route4 127.0.0.1
	free 'ok' control ttl 127.0.0.1 54 named
	try 'ok ok' control ttl 127.0.0.1 54 named control ttl 127.0.0.1 54 connected
	refused send guardrail 'udp 127.0.0.1:54' control 127.0.0.2 127.0.0.1 54 named
	mark
	refused send guardrail 'udp [::]:0' control 127.0.0.2 127.0.0.1 54 connected
	mark
	[ "$($act route6 ::1)" != 'EPERM ' ] || fail 'a routing header takes a capability'
	try EPERM route6 ::1
	seen deny socket guardrail 'family 10 type 2 protocol 17'
	held
}

# --- Unix sockets ---------------------------------------------------------------------------------

case_unix_stream() {
	net
	serve listenunix /run/net/connect-s$$ listenunix /run/net/other-s$$
	permitted connect /run/net/connect-s$$ unix /run/net/connect-s$$
	refused connect no_rule /run/net/other-s$$ unix /run/net/other-s$$
	found "agent=$who" operation=connect family=1
	stop
}

# Judged is the socket's own path, not the caller's words for it.
case_unix_other_words_for_it() {
	net
	mkdir -p /run/net/dir.$$ /run/net/bound.$$
	serve listenunix /run/net/connect-w$$ listenunix /run/net/dir.$$/other
	ln -s /run/net/dir.$$/other /run/net/connect-link$$
	ln /run/net/dir.$$/other /run/net/connect-hard$$
	mount --bind /run/net/dir.$$ /run/net/bound.$$
	for words in /run/net/connect-link$$ /run/net/connect-hard$$ /run/net/bound.$$/other \
		/run/net/../net/dir.$$/./other /proc/self/root/run/net/dir.$$/other; do
		mark
		refused connect no_rule /run/net/dir.$$/other unix $words
	done
	mark
	free 'ok ok' chdir /run/net/dir.$$ unix other
	try 'ok EPERM' chdir /run/net/dir.$$ unix other
	seen deny connect no_rule /run/net/dir.$$/other
	ln -s /run/net/connect-w$$ /run/net/to-it$$
	permitted connect /run/net/connect-w$$ unix /run/net/to-it$$
	umount /run/net/bound.$$
	stop
}

# Bound in a mount namespace of the server's own: each path of the socket's file must be allowed.
case_unix_of_another_mount_namespace() {
	net
	serve unshare listenunix /run/net/connect-n$$ listenunix /run/net/other-n$$ \
		listenunix /run/net/connect-m$$ unixserve /run/net/send-n$$ unixserve /run/net/other-d$$
	permitted connect /run/net/connect-n$$ unix /run/net/connect-n$$
	permitted send /run/net/send-n$$ unixsend /run/net/send-n$$
	refused connect no_rule /run/net/other-n$$ unix /run/net/other-n$$
	refused send no_rule /run/net/other-d$$ unixsend /run/net/other-d$$
	: >/run/net/hidden$$
	mount --bind /run/net/connect-m$$ /run/net/hidden$$
	refused connect no_rule /run/net/hidden$$ unix /run/net/connect-m$$
	umount /run/net/hidden$$
	mark
	permitted connect /run/net/connect-m$$ unix /run/net/connect-m$$
	stop
}

# The same with the agent in one of its own.
case_unix_from_another_mount_namespace() {
	net
	serve listenunix /run/net/connect-a$$ listenunix /run/net/other-a$$
	set -- procs "$root$group/cgroup.procs" unshare
	free 'ok ok ok' "$@" unix /run/net/other-a$$
	free 'ok ok ok ok' "$@" join unix /run/net/connect-a$$
	seen allow connect role /run/net/connect-a$$
	free 'ok ok ok EPERM' "$@" join unix /run/net/other-a$$
	seen deny connect no_rule /run/net/other-a$$
	held
	stop
}

# Writ's own socket, where the agent's namespace has it under another name alone.
case_unix_own_socket_by_another_mount() {
	net
	daemon_end KILL
	mount -t tmpfs tmpfs /run/writ
	daemon_must_start
	: >/run/net/connect-w$$
	elsewhere="mount --bind /run/writ/core.sock /run/net/connect-w$$ && umount -l /run/writ"
	connect="exec $act packets /run/net/connect-w$$"
	want 'unmanaged' ok "$(unshare -m /bin/sh -c "$elsewhere && $connect")"
	want 'the agent' EPERM "$(unshare -m /bin/sh -c \
		"$elsewhere && echo 0 >$root$group/cgroup.procs && $connect")"
	seen deny connect protected /run/writ/core.sock
	daemon_end KILL
	umount /run/writ
	daemon_must_start
	held
}

# through_descriptor NAME REASON: a name that the agent may connect to is held open, then `lose` takes
# its path away.
through_descriptor() {
	rm -f /tmp/go /tmp/u.free /tmp/u.agent
	$act hold p "$1" until /tmp/go unix /proc/self/fd/3 >/tmp/u.free &
	free=$!
	as "$group" $act hold p "$1" until /tmp/go unix /proc/self/fd/3 >/tmp/u.agent &
	agent=$!
	await 10 test -s /tmp/u.agent
	await 10 test -s /tmp/u.free
	lose "$1"
	: >/tmp/go
	wait $free $agent
	want unmanaged 'ok ok ok' "$(cat /tmp/u.free)"
	want 'the agent' 'ok ok EPERM' "$(cat /tmp/u.agent)"
	found type=decision "agent=$who" operation=connect verdict=deny "reason=$2"
}

# No mount of the agent's namespace has it, or one has another part of its file system.
case_unix_detached() {
	net
	mkdir -p /run/net/mount.$$ /run/net/part.$$
	mount -t tmpfs tmpfs /run/net/mount.$$
	serve listenunix /run/net/mount.$$/connect-t
	lose() { umount -l /run/net/mount.$$; }
	through_descriptor /run/net/mount.$$/connect-t detached
	stop
	mount -t tmpfs tmpfs /run/net/mount.$$
	mkdir /run/net/mount.$$/part
	mount --bind /run/net/mount.$$/part /run/net/part.$$
	serve listenunix /run/net/mount.$$/connect-t
	through_descriptor /run/net/mount.$$/connect-t disconnected
	umount /run/net/part.$$
	stop
}

# What to do about it: a mount in the agent's namespace gives it a path.
case_unix_mounted_for_the_agent() {
	net
	mkdir /run/net/mount.$$
	mount -t tmpfs tmpfs /run/net/mount.$$
	serve unshare listenunix /run/net/mount.$$/server
	: >/run/net/connect-f$$
	mount --bind /run/net/mount.$$/server /run/net/connect-f$$
	refused connect no_rule /run/net/mount.$$/server unix /run/net/connect-f$$
	umount -l /run/net/mount.$$
	permitted connect /run/net/connect-f$$ unix /run/net/connect-f$$
	umount /run/net/connect-f$$
	held
	stop
}

# No name leads there any more but a descriptor's.
case_unix_unlinked() {
	net
	serve listenunix /run/net/connect-u$$
	lose() { rm "$1"; }
	through_descriptor /run/net/connect-u$$ unlinked
	seen deny connect unlinked /run/net/connect-u$$
	stop
}

# The same behind another mount namespace, where it has no path to be shown.
case_unix_unlinked_of_another_mount_namespace() {
	net
	serve unshare listenunix /run/net/connect-v$$
	lose() { rm "$1"; }
	through_descriptor /run/net/connect-v$$ unlinked
	stop
}

case_unix_abstract() {
	net
	serve listenunix @net-open-a listenunix @net-closed-a
	permitted connect @net-open-a abstract net-open-a
	refused connect no_rule @net-closed-a abstract net-closed-a
	stop
}

case_unix_datagrams() {
	net
	serve unixserve /run/net/send-d$$ unixserve /run/net/connect-d$$ unixserve @net-open-d
	permitted send /run/net/send-d$$ unixsend /run/net/send-d$$
	permitted send @net-open-d unixsend @net-open-d
	refused send no_rule /run/net/connect-d$$ unixsend /run/net/connect-d$$
	stop
}

# One decision for the connect, none for what is sent to the peer, and one for anybody else.
case_unix_datagrams_connected() {
	net
	serve unixserve /run/net/send-c$$ unixserve /run/net/other-c$$
	settle
	mark
	try ok unixlog 5 /run/net/send-c$$
	lines 1 "agent=$who" operation=send
	refused send no_rule /run/net/other-c$$ unixlog 1 /run/net/other-c$$
	mark
	refused send no_rule /run/net/other-c$$ unixresend /run/net/send-c$$ /run/net/other-c$$
	stop
}

case_unix_bind_abstract() {
	net
	permitted bind @net-own-b unixbind s @net-own-b
	permitted bind @net-own-b unixbind d @net-own-b
	refused bind no_rule @net-closed-b unixbind s @net-closed-b
	refused bind no_rule '@net-closed-b\x00tail' unixbindnul @net-closed-b
	refused bind no_rule '@net-own-b\x00tail' unixbindnul @net-own-b # no glob matches NUL
	refused bind no_rule @ unixauto
}

# By a path it is the making of the socket's file.
case_unix_bind_path() {
	net
	permitted bind /run/net/bind-p$$ unixbind s /run/net/bind-p$$
	path=/run/net/closed-$$
	free ok unixbind s $path
	rm $path
	try EPERM unixbind s $path
	seen deny bind no_rule $path access=bind
	[ ! -e $path ] || fail 'a refused bind left its file'
}

case_unix_listen() {
	net
	permitted listen @net-both-l unixlisten @net-both-l
	refused listen no_rule @net-own-l unixlisten @net-own-l
	permitted listen /run/net/listen-$$ unixlisten /run/net/listen-$$
	free EINVAL unixbarelisten
	try EPERM unixbarelisten
	found "agent=$who" operation=listen verdict=deny reason=address_error
	mark
	free ok unixlisten /run/net/bind-$$
	rm /run/net/bind-$$
	try EPERM unixlisten /run/net/bind-$$
	seen deny listen no_rule /run/net/bind-$$
}

# Its own socket is no exception.
case_unix_own_listener() {
	net
	free 'ok ok' listenunix /run/net/listen-y$$ unix /run/net/listen-y$$
	try 'ok EPERM' listenunix /run/net/listen-z$$ unix /run/net/listen-z$$
	seen deny connect no_rule /run/net/listen-z$$
	try 'ok ok' listenunix @net-both-z abstract net-both-z
	seen allow connect role @net-both-z
	held
}

# --- the same in every hook -----------------------------------------------------------------------

case_monitor() {
	agent net-watched /vm/net-watched
	serve unixserve @net-closed-m listenunix @net-closed-n listen 444
	try ok socket 17 3 0
	seen would_deny socket family 'family 17 type 3 protocol 0'
	try ok route4 127.0.0.1
	seen would_deny socket guardrail 'family 2 type 2 protocol 17'
	try ok bind tcp 127.0.0.1 7004
	seen would_deny bind no_rule 'tcp 127.0.0.1:7004'
	try ok bindlisten ::1 7001
	seen would_deny listen no_rule 'tcp [::1]:7001'
	try ok bindlisten :: 7005
	seen would_deny bind no_rule 'tcp [::]:7005'
	seen would_deny bind no_rule 'tcp 0.0.0.0:7005'
	try ok send 127.0.0.1 55
	seen would_deny send no_rule 'udp 127.0.0.1:55'
	try ok fastopen 127.0.0.1 444
	seen would_deny connect no_rule 'tcp 127.0.0.1:444'
	try ok linkset
	seen would_deny send family 'family 16'
	try ok unixsend @net-closed-m
	seen would_deny send no_rule @net-closed-m
	try ok abstract net-closed-n
	seen would_deny connect no_rule @net-closed-n
	try ok unixbind s @net-closed-o
	seen would_deny bind no_rule @net-closed-o
	stop
	net
	held
}

case_unmanaged_is_not_told_of() {
	serve unixserve @net-closed-q listenunix @net-closed-r listen 445
	settle
	mark
	before=$(status records)
	free 'ok ok ok ok' socket 17 3 0 route4 127.0.0.1 bind tcp 127.0.0.1 7004 bindlisten :: 7005
	free 'ok ok ok ok' send 127.0.0.1 55 fastopen 127.0.0.1 445 linkset unixsend @net-closed-q
	free 'ok ok ok ok' abstract net-closed-r unixbind s @net-closed-s interfaces pair d
	want 'records' "$before" "$(status records)"
	want 'lines' 0 "$(/vm/bin/audit count "$mark" type=decision)"
	stop
	net
	held
}
