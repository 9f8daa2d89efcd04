# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=dash disable=SC2154,SC2034,SC2046,SC2086
# What agents do to files by other ways than opening them: names, attributes, executable mappings,
# descriptors that come in.

subject=filer

# One act a line: operation, access, the object below the case's place, what `act` is told.
table() {
	cat <<'ACTS'
mknod create file mknod f P/file
mknod create pipe mknod p P/pipe
bind bind socket mknod s P/socket
mknod create gone mknod w P/gone
mkdir create dir newdir P/dir
symlink create name symlink /etc P/name
chmod attributes f chmod P/f
chown attributes f chown P/f
utimes attributes f utimes P/f
xattr attributes f setxattr P/f
xattr attributes f removexattr P/f
truncate write f truncate P/f
map map f mapx P/f
map map f mprotectx P/f
unlink delete link unlink P/link
rmdir delete empty rmdir P/empty
ACTS
}

# scene DIR: what the acts need; prints its place.
scene() {
	rm -rf "$1/$name"
	path=$(place "$1")
	mkdir "$path/empty"
	ln -s /etc "$path/link"
	setfattr_trusted "$path/f"
	echo "$path"
}

setfattr_trusted() {
	[ "$($act setxattr "$1")" = 'ok ' ] || skip 'no extended attributes on this file system'
}

# words PLACE: all acts, for `act`.
words() {
	table | cut -d ' ' -f 4- | sed "s|P/|$1/|g"
}

# results WORD: one for each act.
results() {
	table | sed "s/.*/$1/" | tr '\n' ' ' | sed 's/ $//'
}

# told VERDICT REASON PLACE: each act has its decision.
told() {
	table >/tmp/table
	while read -r operation access object _; do
		seen "$1" "$operation" "$2" "$3/$object" access="$access"
	done </tmp/table
}

state() {
	(cd "$1" && find . -exec stat -c '%n %f %s %u %g %Y %h' {} \; | sort)
}

case_every_act_allowed() {
	path=$(scene /vm/data/full)
	try "$(results ok)" $(words "$path")
	told allow role "$path"
	[ -p "$path/pipe" ] && [ -d "$path/dir" ] && [ ! -e "$path/empty" ] || fail 'nothing was done'
	held
}

case_every_act_denied() {
	path=$(scene /vm/data/full)
	free "$(results ok)" $(words "$path")
	path=$(scene /vm/data/read)
	before=$(state "$path")
	try "$(results EPERM)" $(words "$path")
	told deny no_rule "$path"
	want 'what was there' "$before" "$(state "$path")"
}

# A hook of their own since 6.2.
case_acl() {
	path=$(place /vm/data/read)
	[ "$($act acl "$path/f")" = 'ok ' ] || skip 'no ACL on this file system'
	before=$(state "$path")
	try EPERM acl "$path/f"
	seen deny xattr no_rule "$path/f" access=attributes
	want 'what was there' "$before" "$(state "$path")"
	path=$(place /vm/data/full)
	try ok acl "$path/f"
	seen allow xattr role "$path/f" access=attributes
}

# One decision for each act, also of those that more than one hook is asked about.
case_one_decision_each() {
	path=$(scene /vm/data/full)
	for one in chmod chown utimes setxattr truncate; do
		mark
		try ok $one "$path/f"
		lines 1 type=decision "agent=$who" "object=$path/f"
	done
	mark
	try ok open wt "$path/f"
	lines 1 type=decision "agent=$who" "object=$path/f"
	mark
	try ok open rwc "$path/new"
	lines 1 type=decision "agent=$who" "object=$path/new"
	seen allow open role "$path/new" access=read,write,create
	mark
	try ok link "$path/f" "$path/second"
	lines 1 type=decision "agent=$who" operation=link "object=$path/f"
	lines 1 type=decision "agent=$who" operation=link "object=$path/second"
}

case_refused_creation_leaves_nothing() {
	path=$(place /vm/data/both)
	free ok open rwc "$path/by-root"
	try EPERM open rwc "$path/new"
	seen deny mknod no_rule "$path/new" access=create
	[ ! -e "$path/new" ] || fail 'a refused O_CREAT left a file'
	lines 0 type=decision "agent=$who" operation=open "object=$path/new"
}

case_devices_are_guarded() {
	path=$(place /vm/data/full)
	for kind in b c; do
		free ok mknod $kind "$path/by-root-$kind"
		try EPERM mknod $kind "$path/$kind"
		seen deny mknod guardrail "$path/$kind"
	done
	try ok mknod w "$path/whiteout"
}

case_by_descriptor() {
	path=$(place /vm/data/read)
	for one in fchmod futimes mapheld; do
		free 'ok ok' hold r "$path/f" $one
		try 'ok EPERM' hold r "$path/f" $one
	done
	seen deny chmod no_rule "$path/f"
	seen deny utimes no_rule "$path/f"
	seen deny map no_rule "$path/f"
	path=$(place /vm/data/full)
	try 'ok ok ok ok ok' hold rw "$path/f" ftruncate fchmod futimes mapheld
	seen allow truncate role "$path/f" access=write
}

# Opened before, by somebody who may: the descriptor's own right is not enough.
case_size_by_a_descriptor_from_before() {
	path=$(place /vm/data/read)
	set -- procs "$root$group/cgroup.procs" hold rw "$path/f"
	free 'ok ok ok' "$@" ftruncate
	free 'ok ok ok EPERM' "$@" join ftruncate
	seen deny truncate no_rule "$path/f"
}

case_memory_may_be_executable() {
	try ok mapanon
	held
}

case_memory_file_and_deleted_file_may_not() {
	free 'ok ok' memfd $act mapheld
	try 'ok EPERM' memfd $act mapheld
	found "agent=$who" verdict=deny operation=map reason=anonymous
	path=$(place /vm/data/full)
	cp "$path/f" "$path/g"
	free 'ok ok ok' hold r "$path/g" unlink "$path/g" mapheld
	try 'ok ok EPERM' hold r "$path/f" unlink "$path/f" mapheld
	seen deny map unlinked "$path/f"
}

# The kernel maps the program and its loader itself; what the loader maps are the libraries.
case_exec_maps_are_not_judged_again() {
	path=$(place /vm/data/read)/f
	want cat content "$(as "$group" /usr/bin/cat "$path")"
	lines 0 type=decision "agent=$who" operation=map object=/usr/bin/cat
	found type=decision "agent=$who" operation=map verdict=allow "object^=/usr/lib"
	held
}

case_loader_maps_no_program_without_a_rule() {
	loader=$(readlink -f "$(ls /usr/lib64/ld-linux* /usr/lib/*/ld-linux* 2>/dev/null | head -n 1)")
	path=$(place /vm/data/read)
	cp /usr/bin/cat "$path/cat"
	want 'unmanaged' content "$("$loader" "$path/cat" "$path/f")"
	want 'agent' 127 "$(as "$group" "$loader" "$path/cat" "$path/f" 2>/dev/null; echo $?)"
	seen deny map no_rule "$path/cat"
}

case_received_descriptors() {
	set -- procs "$root$group/cgroup.procs"
	secret=$(place /vm/secret)/f
	read=$(place /vm/data/read)/f
	free 'ok ok ok ok' "$@" pass r "$secret" receive read
	free 'ok ok ok EPERM' "$@" pass r "$secret" join receive
	seen deny receive no_rule "$secret" access=read
	free 'ok ok ok ok ok' "$@" pass r "$read" join receive read
	seen allow receive role "$read" access=read
	free 'ok ok ok EPERM' "$@" pass rw "$read" join receive
	seen deny receive no_rule "$read" access=read,write
	free 'ok ok ok ok' "$@" passpipe join receive
	free 'ok ok ok ok' "$@" passsock unix join receive
	free 'ok ok ok' "$@" passsock inet receive
	mark
	free 'ok ok ok EPERM' "$@" passsock inet join receive
	found type=decision "agent=$who" operation=receive verdict=deny reason=anonymous
	free 'ok ok ok' "$@" passmem receive
	mark
	free 'ok ok ok EPERM' "$@" passmem join receive
	found type=decision "agent=$who" operation=receive verdict=deny reason=anonymous
	free 'ok ok ok ok EPERM' "$@" pass p "$secret" join receive reopen r
}

case_flags_of_a_file() {
	path=$(place /vm/data/read)
	control=$($act setflags "$path/f") # ok, or ENOTTY where the file system has none
	[ "$control" != 'EPERM ' ] || fail 'refused to root'
	try EPERM setflags "$path/f"
	seen deny ioctl no_rule "$path/f" access=attributes
	path=$(place /vm/data/full)
	try "${control% }" setflags "$path/f"
	seen allow ioctl role "$path/f" access=attributes
}

# A 32-bit program's ioctl has a hook of its own since 6.8.
case_flags_of_a_file_by_32_bits() {
	path=$(place /vm/data/read)
	control=$($act setflags32 "$path/f")
	case $control in
	'ok ' | 'ENOTTY ') ;;
	*) skip "no system calls of 32-bit programs here: $control" ;;
	esac
	try EPERM setflags32 "$path/f"
	seen deny ioctl no_rule "$path/f" access=attributes
}

case_block_device_takes_no_ioctl() {
	[ -b /dev/ram0 ] || skip 'no block device in this guest'
	set -- procs "$root$group/cgroup.procs" hold r /dev/ram0
	free 'ok ok ok' "$@" blksize
	free 'ok ok ok EPERM' "$@" join blksize
	seen deny ioctl guardrail /dev/ram0
}

# --- two names ------------------------------------------------------------------------------------

# refused OBJECT REASON ACT...: the names that ACT ends in are as they were.
refused() {
	object=$1
	reason=$2
	shift 2
	try EPERM "$@"
	seen deny "${operation:-$1}" "$reason" "$object"
}

case_link() {
	secret=$(place /vm/secret)/f
	full=$(place /vm/data/full)
	read=$(place /vm/data/read)/f
	free ok link "$secret" "$full/by-root"
	refused "$secret" no_rule link "$secret" "$full/new"
	refused "$read" no_rule link "$read" "$full/new"
	refused "${read%f}new" no_rule link "$full/f" "${read%f}new"
	[ ! -e "$full/new" ] && [ ! -e "${read%f}new" ] || fail 'a refused link was made'
	try ok link "$full/f" "$full/new"
	seen allow link role "$full/f" access=link
	seen allow link role "$full/new" access=create
}

# May be named anew, and may not be read: nor by the new name.
case_new_name_widens_nothing() {
	hidden=$(place /vm/data/hidden)/f
	full=$(place /vm/data/full)
	free ok link "$hidden" "$full/by-root"
	refused "$full/new" widening link "$hidden" "$full/new"
	refused "$full/new" widening rename "$hidden" "$full/new"
	refused "$full/new" widening link "$hidden" "$full/new"
	try ok rename "$hidden" "$hidden-2"
	try ok rename "$full/f" "$hidden"
	mkdir "${hidden%f}d"
	refused "$full/d" widening rename "${hidden%f}d" "$full/d"
	operation=rename refused "$full/by-root" widening exchange "$hidden" "$full/by-root"
	operation=rename refused "$hidden" widening exchange "$full/by-root" "$hidden"
	want 'the hidden file' content "$(cat "$hidden")"
}

case_rename() {
	full=$(place /vm/data/full)
	both=$(place /vm/data/both)
	free 'ok ok' rename "$full/f" "$full/g" rename "$full/g" "$full/f"
	try 'ok ok' rename "$full/f" "$full/g" rename "$full/g" "$full/f"
	seen allow rename role "$full/f" access=delete
	seen allow rename role "$full/g" access=create
	refused "$both/f" no_rule rename "$both/f" "$full/h"
	refused "$both/h" no_rule rename "$full/f" "$both/h"
	# what is there goes: delete as well
	create=$(place /vm/data/create)
	refused "$create/f" no_rule rename "$full/f" "$create/f"
	found operation=rename "object=$create/f" access=create,delete verdict=deny
	want 'what was there' content "$(cat "$create/f")"
}

case_exchange() {
	full=$(place /vm/data/full)
	both=$(place /vm/data/both)
	echo other >"$full/g"
	try ok exchange "$full/f" "$full/g"
	want 'the file' other "$(cat "$full/f")"
	seen allow rename role "$full/f" access=create,delete
	seen allow rename role "$full/g" access=create,delete
	operation=rename
	refused "$both/f" no_rule exchange "$both/f" "$full/f"
	refused "$both/f" no_rule exchange "$full/f" "$both/f"
	want 'the file' content "$(cat "$both/f")"
}

# A directory takes everything below with it.
case_directories_move_with_all_below() {
	full=$(place /vm/data/full)
	mkdir -p "$full/d/e"
	try 'ok ok' rename "$full/d" "$full/moved" rename "$full/moved" "$full/d"
	partly=$(place /vm/data/partly)
	mkdir -p "$partly/keep" "${partly}2"
	: >"$partly/keep/f"
	operation=rename
	refused "$partly" below rename "$partly" "$partly-away"
	refused "$partly/keep/f" role_deny rename "$partly/keep/f" "$partly/f2"
	try ok rename "$partly/f" "$partly/f2"
	refused /vm/data/full no_rule rename /vm/data/full /vm/data/elsewhere
	secret=$(place /vm/secret)
	mkdir "$secret/d"
	free ok rename "$secret/d" "$full/d2"
	refused "$secret" no_rule rename "$secret" "$full/d3"
	refused "$secret/d3" no_rule rename "$full/d" "$secret/d3"
	operation=rename
	refused "$partly" below exchange "$partly" "$full/d"
	refused "$partly" below exchange "$full/d" "$partly"
	rm -rf "${partly}2"
}

case_what_a_grant_gives() {
	agent holder-tree /vm/holder-tree
	mkdir -p /vm/grants/tree
	echo content >/vm/grants/tree/f
	refused /vm/grants/tree/f no_rule chmod /vm/grants/tree/f
	writ grant care --agent $who service=tree >/dev/null || fail 'no grant'
	try 'ok ok ok' chmod /vm/grants/tree/f rename /vm/grants/tree/f /vm/grants/tree/g \
		truncate /vm/grants/tree/g
	seen allow chmod grant /vm/grants/tree/f playbook=care
	seen allow rename grant /vm/grants/tree/g playbook=care
	mkdir /vm/grants/tree/d
	try ok rename /vm/grants/tree/d /vm/grants/tree/e
	held
}

# --- paths ----------------------------------------------------------------------------------------

# What a hook without a mount asks about must be allowed on every path that leads to it.
case_every_path_of_a_bind_mount() {
	full=$(place /vm/data/full)
	read=$(place /vm/data/read)
	mkdir "$read/mount" "$full/mount"
	mount --bind "$full" "$read/mount"
	refused "$read/mount/f" no_rule utimes "$full/f"
	operation=xattr refused "$read/mount/f" no_rule setxattr "$full/f"
	try ok chmod "$full/f" # this hook is told the mount
	umount "$read/mount"
	try ok utimes "$full/f"
	mkdir "$full/inner"
	: >"$full/inner/f"
	mount --bind "$full/inner" "$full/mount"
	try 'ok ok' utimes "$full/inner/f" utimes "$full/mount/f"
	mount --bind "$read" "$full/mount" # not above what is touched
	try ok utimes "$full/inner/f"
	umount "$full/mount"
	umount "$full/mount"
	held
}

# Of a mount that is not in the agent's namespace there is no path.
case_detached_mount() {
	full=$(place /vm/data/full)
	mkdir "$full/t"
	mount -t tmpfs tmpfs "$full/t"
	: >"$full/t/f"
	set -- procs "$root$group/cgroup.procs" hold rw "$full/t/f" unshare
	free 'ok ok ok ok ok ok' "$@" futimes ftruncate fchmod
	umount "$full/t"
	mount -t tmpfs tmpfs "$full/t"
	: >"$full/t/f"
	(sleep 1 && umount -l "$full/t") &
	try 'ok ok EPERM EPERM EPERM' hold rw "$full/t/f" sleep 2000 futimes ftruncate fchmod
	wait
	found type=decision "agent=$who" operation=utimes verdict=deny reason=detached
	found type=decision "agent=$who" operation=truncate verdict=deny reason=detached
	found type=decision "agent=$who" operation=chmod verdict=deny reason=detached
	held
}

case_overlay() {
	base=/tmp/overlay-files
	mkdir -p $base && mount -t tmpfs tmpfs $base
	mkdir -p $base/lower/d $base/upper $base/work /vm/data/full/merged
	for file in f g h i j; do
		echo low >$base/lower/$file
	done
	mount -t overlay -o lowerdir=$base/lower,upperdir=$base/upper,workdir=$base/work overlay \
		/vm/data/full/merged || fail 'no overlay file system'
	merged=/vm/data/full/merged
	for one in "chmod $merged/f" "utimes $merged/g" "chown $merged/h" "truncate $merged/i" \
		"setxattr $merged/f" "unlink $merged/g" "newdir $merged/new" "rmdir $merged/new" \
		"open rw $merged/j" "mknod f $merged/k"; do
		mark
		try ok $one
		lines 3 type=decision "agent=$who" # two are of the program
	done
	for one in mapx mprotectx; do # and each opens the file
		mark
		try ok $one $merged/j
		lines 4 type=decision "agent=$who"
		seen allow map role $merged/j
	done
	control=$($act setflags $merged/j)
	mark
	try "${control% }" setflags $merged/j
	lines 4 type=decision "agent=$who"
	mark
	try 'ok ok' rename $merged/f $merged/f2 link $merged/h $merged/h2
	lines 6 type=decision "agent=$who"
	refused "$(place /vm/data/read)/f" no_rule chmod "$(place /vm/data/read)/f"
	umount $merged
	umount $base
}

# --- honest work ----------------------------------------------------------------------------------

case_honest_work() {
	full=$(place /vm/data/full)
	cp /bin/busybox /vm/programs/busybox
	box=/vm/programs/busybox
	mkdir "$full/from"
	for i in 1 2 3; do echo $i >"$full/from/$i"; done
	ln -s 1 "$full/from/link"
	as "$group" $box touch "$full/from/1" "$full/touched" || fail touch
	as "$group" $box cp -a "$full/from" "$full/to" || fail 'cp -a'
	as "$group" $box tar -cf "$full/all.tar" -C "$full" from || fail 'tar -c'
	mkdir "$full/out"
	as "$group" $box tar -xpf "$full/all.tar" -C "$full/out" || fail 'tar -x'
	want 'unpacked' 3 "$(cat "$full/out/from/3")"
	as "$group" $box mv "$full/out/from" "$full/moved" || fail mv
	as "$group" $box rm -r "$full/moved" || fail 'rm -r'
	lines 0 type=decision "agent=$who" verdict=deny "object^=$full"
	held
}
