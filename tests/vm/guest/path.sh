# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=dash disable=SC2154
# What an object's path is, and what has none.

# deep BYTES FLAGS: a file with a path of so many bytes.
deep() {
	mkdir -p "/vm/data/deep/$name"
	printf 'chdir /vm/data/deep/%s descend %s open %s f' "$name" "$1" "$2"
}

case_path_of_4095_bytes() {
	# shellcheck disable=SC2046 # words
	free 'ok ok ok' $(deep 4095 rwc)
	# shellcheck disable=SC2046
	try 'ok ok ok' $(deep 4095 r)
	found type=decision "agent=$who" operation=open verdict=allow reason=role \
		"object^=/vm/data/deep/$name/ddd" object#=4095 'object_cut!'
	held
}

case_path_over_4095_bytes() {
	for bytes in 4096 4400 9000; do
		# shellcheck disable=SC2046
		free 'ok ok ok' $(deep $bytes rwc)
		mark
		# shellcheck disable=SC2046
		try 'ok ok EPERM' $(deep $bytes r)
		found type=decision "agent=$who" operation=open verdict=deny reason=path_too_long \
			object_cut=true 'rule!'
	done
	/vm/bin/audit whole || fail 'the log is damaged'
}

case_strange_names() {
	path=$(place /vm/secret)
	for file in "$(printf 'line\nbreak')" "$(printf 'esc\033[31mred')" "$(printf 'bytes\377\376\200')" \
		"$(printf 'quote"back\\slash')" "$(printf 'cut\303')" 'gone (deleted)'; do
		: >"$path/$file"
		free ok open r "$path/$file"
		try EPERM open r "$path/$file"
	done
	seen deny open no_rule "$path/line\\x0abreak"
	seen deny open no_rule "$path/esc\\x1b[31mred"
	seen deny open no_rule "$path/bytes\\xff\\xfe\\x80"
	seen deny open no_rule "$path/quote\"back\\\\slash"
	seen deny open no_rule "$path/cut\\xc3"
	seen deny open no_rule "$path/gone (deleted)"
	/vm/bin/audit whole || fail 'the log is damaged'
	want 'escape bytes in writ audit tail' 0 "$(writ audit tail -n 100 | grep -c "$(printf '\033')")"
}

case_names_that_look_like_others() {
	path=$(place /vm/data/read)
	mkdir "$path/memfd:x (deleted)"
	: >"$path/memfd:x (deleted)/pipe:[1]"
	allowed role r "$path/memfd:x (deleted)/pipe:[1]"
	held
}

case_chroot_changes_nothing() {
	mkdir -p /vm/jail/etc "/vm/jail/vm/data/read"
	echo public >/vm/jail/etc/public
	echo secret >/vm/jail/vm/data/read/f
	set -- procs "$root$group/cgroup.procs" chroot /vm/jail
	free 'ok ok ok ok' "$@" open r /vm/data/read/f open r /etc/public
	free 'ok ok ok EPERM ok' "$@" join open r /vm/data/read/f open r /etc/public
	seen deny open no_rule /vm/jail/vm/data/read/f
	seen allow open role /vm/jail/etc/public
	free 'ok ok ok EPERM' "$@" join exec /bin/act act open r /vm/data/read/f
	seen allow exec role /vm/jail/bin/act
}

case_bind_mount() {
	secret=$(place /vm/secret)
	read=$(place /vm/data/read)
	mkdir "$secret/mount" "$read/mount"
	mount --bind "$read" "$secret/mount" || fail 'mount failed'
	denied no_rule r "$secret/mount/f"
	mount --bind "$secret" "$read/mount" || fail 'mount failed'
	allowed role r "$read/mount/f"
	umount "$read/mount" "$secret/mount"
}

case_mount_over_mount() {
	read=$(place /vm/data/read)
	mkdir "$read/a"
	mount -t tmpfs tmpfs "$read/a"
	mkdir "$read/a/b"
	mount -t tmpfs tmpfs "$read/a/b"
	mount -t tmpfs tmpfs "$read/a/b"
	echo x >"$read/a/b/c"
	allowed role r "$read/a/b/c"
	denied no_rule w "$read/a/b/c"
	umount "$read/a/b" && umount "$read/a/b" && umount "$read/a"
}

case_own_mount_namespace() {
	set -- unshare procs "$root$group/cgroup.procs" join
	free 'ok ok ok ok EPERM' "$@" open r "$(place /vm/data/read)/f" open r "$(place /vm/secret)/f"
	seen allow open role "/vm/data/read/$name/f"
	seen deny open no_rule "/vm/secret/$name/f"
}

case_foreign_mount() {
	path=$(place /vm/data/read)
	set -- procs "$root$group/cgroup.procs" hold rd "$path" unshare
	free 'ok ok ok ok' "$@" openat r f
	free 'ok ok ok ok EPERM' "$@" join openat r f
	found type=decision "agent=$who" operation=open verdict=deny reason=detached
	allowed role r "$path/f"
}

case_detached_mount() {
	path=$(place /vm/data/read)
	set -- procs "$root$group/cgroup.procs" tree "$path"
	free 'ok ok ok' "$@" openat r f
	free 'ok ok ok EPERM' "$@" join openat r f
	found type=decision "agent=$who" operation=open verdict=deny reason=detached
	allowed role r "$path/f"
	held
}

case_anonymous_files() {
	free 'ok ok' memfd - reopen rw
	try 'ok EPERM' memfd - reopen rw
	found type=decision "agent=$who" operation=open verdict=deny reason=anonymous
	mark
	free ok open w /proc/self/fd/1
	try EPERM open w /proc/self/fd/1 # a pipe
	found type=decision "agent=$who" operation=open verdict=deny reason=anonymous
	held
}

# What is opened on mounts of the kernel's own is no layer of an overlay.
case_huge_memory_and_message_queues() {
	[ "$($act huge reopen rw)" = 'ok ok ' ] || skip 'this kernel has no huge memfd'
	try 'ok EPERM' huge reopen rw
	found type=decision "agent=$who" operation=open verdict=deny
	free ok queue free-queue
	mark
	try EPERM queue some-queue
	found type=decision "agent=$who" operation=open verdict=deny
}

case_symlink() {
	secret=$(place /vm/secret)
	read=$(place /vm/data/read)
	ln -s "$secret/f" "$read/link"
	ln -s "$read/f" "$secret/link"
	ln -s "$secret" "$read/folder"
	denied no_rule r "$read/link" "$secret/f"
	denied no_rule r "$read/folder/f" "$secret/f"
	allowed role r "$secret/link" "$read/f"
}

case_dot_dot() {
	secret=$(place /vm/secret)
	read=$(place /vm/data/read)
	denied no_rule r "$read/../../../secret/$name/f" "$secret/f"
	allowed role r "$secret/.././../../vm/data/read/$name/f" "$read/f"
}

# Just one decision for each open, on the path that the user sees.
case_overlay() {
	base=/tmp/overlay
	mkdir -p $base && mount -t tmpfs tmpfs $base
	mkdir -p $base/lower $base/upper $base/work /vm/data/both/merged /vm/secret/merged
	echo low >$base/lower/f
	echo low >$base/lower/g
	mount -t overlay -o lowerdir=$base/lower,upperdir=$base/upper,workdir=$base/work overlay \
		/vm/data/both/merged || fail 'no overlay file system'
	try ok open r /vm/data/both/merged/f
		lines 1 type=decision "agent=$who" operation=open
	seen allow open role /vm/data/both/merged/f
	mark
	try ok open rw /vm/data/both/merged/f # copies it up
		lines 1 type=decision "agent=$who" operation=open
	mark
	try EPERM open rwc /vm/data/both/merged/new
		lines 1 type=decision "agent=$who" operation=mknod
	mount --bind /vm/data/both/merged /vm/secret/merged
	mark
	denied no_rule r /vm/secret/merged/g
		lines 1 type=decision "agent=$who" operation=open
	umount /vm/secret/merged /vm/data/both/merged
}

case_storm_of_renames() {
	path=$(place /vm/data/read)
	(
		i=0
		while [ ! -e /tmp/calm ] && [ $i -lt 3000 ]; do
			mv "$path/f" "$path/g"
			mv "$path/g" "$path/f"
			i=$((i + 1))
		done
	) &
	: >"$path/still"
	try 300 repeat 300 r "$path/still"
	: >/tmp/calm
	wait
	held
}
