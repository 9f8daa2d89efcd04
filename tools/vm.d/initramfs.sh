# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2154
#
# What the guest's root holds.
# In:  --add and --module options, the command, busybox, vm.d/init.
# Out: one initramfs: the base archive (cached, the same for every run) and behind it the archive of
#      this run. The kernel unpacks archives that follow each other into one tree.
# The guest has the host's layout (/lib is usr/lib and so on), and libraries keep their host paths,
# so that a dynamically linked program finds them as it does here.

layout_dirs=(usr/bin usr/sbin usr/lib usr/lib64 dev proc sys run tmp etc/vm root out mnt var/tmp var/log var/lib)
layout_links=(bin sbin lib lib64)

# new_tree DIR: the directories and links in which every archive is built, so that a file added as
# /lib/x lands in /usr/lib/x.
new_tree() {
	local dir=$1 link
	mkdir -p -- "$dir"
	(cd -- "$dir" && mkdir -p -- "${layout_dirs[@]}")
	for link in "${layout_links[@]}"; do
		ln -s "usr/$link" "$dir/$link"
	done
	chmod 1777 "$dir/tmp" "$dir/var/tmp" "$dir/out"
}

# pack DIR CPIO: everything belongs to root, whoever runs us.
pack() {
	(cd -- "$1" && find . -print0 | LC_ALL=C sort -z |
		cpio --null --create --format=newc --owner=0:0 --quiet) >"$2"
}

base_files() {
	local dir=$1 busybox=$2
	new_tree "$dir"
	cp -L -- "$busybox" "$dir/usr/bin/busybox"
	install -m 755 "$here/vm.d/init" "$dir/init"
	# busybox's own shell runs its applets before any program in PATH and without an exec; with
	# Debian's shell an exec is an exec, and a program that the caller brought wins.
	cp -L -- /usr/bin/dash "$dir/usr/bin/dash"
	ln -s dash "$dir/usr/bin/sh"
	printf '%s\0' /usr/bin/dash >"$work/base.list"
	add_libraries "$dir" "$work/base.list"
	printf '%s\n' root:x:0:0:root:/root:/bin/sh \
		www-data:x:33:33:www-data:/var/www:/usr/sbin/nologin \
		writ:x:998:998:writ:/nonexistent:/usr/sbin/nologin \
		writ-audit:x:997:997:writ-audit:/nonexistent:/usr/sbin/nologin \
		writ-forward:x:996:996:writ-forward:/nonexistent:/usr/sbin/nologin \
		nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin >"$dir/etc/passwd"
	printf '%s\n' root:x:0: www-data:x:33: writ:x:998: writ-audit:x:997: writ-forward:x:996: nogroup:x:65534: >"$dir/etc/group"
	printf '%s\n' 'passwd: files' 'group: files' 'hosts: files' >"$dir/etc/nsswitch.conf"
	printf '%s\n' '127.0.0.1 localhost' '::1 localhost' >"$dir/etc/hosts"
	printf '%s\n' 'NAME="writ-vm"' 'ID=writ-vm' >"$dir/etc/os-release"
	# Libraries outside the loader's default directories are found through its cache.
	: >"$dir/etc/vm/modules"
	[[ ! -r /etc/ld.so.cache ]] || cp /etc/ld.so.cache "$dir/etc/"
}

# base_archive: prints its path. The key covers all that goes in, so a changed init is a new archive.
base_archive() {
	local busybox key archive temp
	busybox=$(command -v busybox)
	key=$(cat "$busybox" "$here/vm.d/init" "$here/vm.d/initramfs.sh" /etc/ld.so.cache 2>/dev/null |
		sha256sum | cut -c 1-16)
	archive=$cache/base/$key.cpio
	if [[ ! -s $archive ]]; then
		if ldd "$busybox" >/dev/null 2>&1; then
			die "$status_broken" "busybox is not static; run tools/deps as root (package busybox-static)"
		fi
		mkdir -p -- "$cache/base"
		find "$cache/base" -type f -mtime +7 -delete
		temp=$(mktemp -d "$work/base.XXXXXX")
		base_files "$temp/tree" "$busybox"
		pack "$temp/tree" "$temp/cpio"
		cp -- "$temp/cpio" "$archive.$$"
		mv -f -- "$archive.$$" "$archive"
	fi
	# Those that no run has used for a week go when a new one is made.
	touch -c -- "$archive"
	printf '%s\n' "$archive"
}

is_elf() {
	local magic=
	LC_ALL=C IFS= read -r -d '' -n 4 magic <"$1" 2>/dev/null || true
	[[ $magic == $'\x7fELF' ]]
}

# add_path TREE HOST[:GUEST]
add_path() {
	local tree=$1 host=${2%%:*} guest
	[[ -n $host && -e $host ]] || die 2 "--add $2: no such file or directory: '$host'"
	guest=$(realpath -s -- "$host")
	[[ $2 != *:* ]] || guest=${2#*:}
	[[ $guest == /* ]] || die 2 "--add $2: the path in the guest must be absolute"
	guest=$(realpath -sm -- "$guest")
	case $guest/ in
	/proc/* | /sys/* | /dev/*) die 2 "--add $2: $guest is mounted over in the guest" ;;
	esac
	mkdir -p -- "$tree$(dirname -- "$guest")"
	if [[ -d $host ]]; then
		mkdir -p -- "$tree$guest"
		cp -a -- "$host/." "$tree$guest/"
		find "$host/" -type f -print0 >>"$work/added"
	else
		cp -Lp -- "$host" "$tree$guest"
		printf '%s\0' "$host" >>"$work/added"
	fi
}

# add_libraries TREE LIST: what ldd names for every ELF file in LIST; it complains about static ones,
# which is fine.
add_libraries() {
	local tree=$1 list=$2 file name
	local -a elves=()
	while IFS= read -r -d '' file; do
		if is_elf "$file"; then elves+=("$file"); fi
	done <"$list"
	((${#elves[@]})) || return 0
	env -u LD_LIBRARY_PATH -u LD_PRELOAD ldd "${elves[@]}" >"$work/ldd" 2>/dev/null || true
	name=$(awk '/=> not found/ { print $1; exit }' "$work/ldd")
	if [[ -n $name ]]; then
		die 2 "library $name, needed by what --add names, is not on this machine"
	fi
	while IFS= read -r file; do
		[[ -e $tree$file ]] && continue
		mkdir -p -- "$tree$(dirname -- "$file")"
		cp -L -- "$file" "$tree$file"
	done < <(awk '$2 == "=>" && $3 ~ /^\// { print $3 } $1 ~ /^\/.*[^:]$/ && $2 ~ /^\(0x/ { print $1 }' \
		"$work/ldd" | sort -u)
}

# add_module TREE NAME: the module behind those it depends on; init loads them in this order.
add_module() {
	local tree=$1 name=${2//-/_} file depends
	[[ -d $kernel_dir/modules ]] || die 2 "--module $2: kernel $kernel comes without modules"
	[[ ! -e $tree/etc/vm/$name.ko ]] || return 0
	file=$(find "$kernel_dir/modules" -name '*.ko*' | awk -F/ -v n="$name" \
		'{ b = $NF; sub(/\.ko(\.xz|\.zst)?$/, "", b); gsub(/-/, "_", b) } b == n && !found { print; found = 1 }')
	[[ -n $file ]] || die 2 "--module $2: kernel $kernel has no such module (it may be built in)"
	case $file in
	*.xz) xz -dc "$file" ;;
	*.zst) zstd -dcq "$file" ;;
	*) cat "$file" ;;
	esac >"$tree/etc/vm/$name.ko"
	depends=$(tr '\0' '\n' <"$tree/etc/vm/$name.ko" | sed -n 's/^depends=//p')
	for depends in ${depends//,/ }; do
		add_module "$tree" "$depends"
	done
	printf '%s\n' "$name" >>"$tree/etc/vm/modules"
}

# A person at the prompt wants line editing: bash, and the description of the terminal.
add_shell() {
	local file
	for file in /usr/bin/bash {/lib,/usr/share}/terminfo/"${TERM:0:1}/$TERM"; do
		[[ ! -f $file ]] || adds+=("$file")
	done
}

# quote WORD...: as a shell of any kind reads it back.
quote() {
	local word
	for word; do
		printf "'%s' " "${word//\'/\'\\\'\'}"
	done
}

# initramfs_build CPIO
initramfs_build() {
	local tree=$work/tree base item rows columns
	umask 022
	base=$(base_archive)
	new_tree "$tree"
	: >"$work/added"
	for item in ${adds[@]+"${adds[@]}"}; do
		add_path "$tree" "$item"
	done
	add_libraries "$tree" "$work/added"
	for item in ${modules[@]+"${modules[@]}"}; do
		add_module "$tree" "$item"
	done
	mkdir -p -- "$tree$PWD"
	read -r rows columns < <(stty size 2>/dev/null | grep -v '^0 0' || echo 24 80)
	{
		printf 'directory=%s\n' "$(quote "$PWD")"
		printf 'want_out=%d\n' "$([[ -n $out ]] && echo 1 || echo 0)"
		printf 'terminal=%s\n' "$(quote "${TERM:-vt100}")"
		printf 'terminal_size="rows %d cols %d"\n' "$rows" "$columns"
		printf 'set -- %s\n' "$(quote ${command[@]+"${command[@]}"})"
	} >"$tree/etc/vm/command"
	pack "$tree" "$work/run.cpio"
	cat -- "$base" "$work/run.cpio" >"$1"
	rm -rf -- "$tree" "$work/run.cpio"
}
