# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2154,SC2016
#
# Where the kernels come from.
# In:  the machine's own apt configuration (suites, mirror, keyring, proxy).
# Out: $cache/kernels/PACKAGE_VERSION/vmlinux, and for each name a file $cache/kernels/NAME.current
#      that holds PACKAGE_VERSION.
# Nothing is installed and the system's package lists are not touched: apt runs on private state.
# Every step ends in a rename under one lock, so runs at the same time and interrupted runs do no harm.

kernel_names=(6.1 6.12 newest)

# The names on the left are metapackages: they point to the ABI version of the day. `system` stands
# for the suites that the machine has configured, `newest` for the one suite added to them.
declare -A kernel_metapackage=(
	[6.1]=linux-image-cloud-amd64
	[6.12]=linux-image-6.12-cloud-amd64
	[newest]=linux-image-cloud-amd64
)
declare -A kernel_state=([6.1]=system [6.12]=system [newest]=newest)

newest_suite=trixie-backports
keyring=/usr/share/keyrings/debian-archive-keyring.gpg

# A new ABI version is noticed within a day; after a failure the mirror gets an hour of peace.
readonly ask_again_ok=86400 ask_again_failed=3600

# private_apt STATE TOOL ARG...: an apt tool on private lists. Preferences stay out because a pin on
# the machine must not choose the kernel; the sandbox user could not write into a private cache.
private_apt() {
	local state=$cache/apt/$1 tool=$2
	local -a options=(
		-o Dir::State="$state" -o Dir::State::Lists="$state/lists" -o Dir::State::status=/dev/null
		-o Dir::Cache="$state/cache" -o Dir::Etc::preferences=/dev/null
		-o Dir::Etc::preferencesparts=/dev/null
		-o Acquire::Languages=none -o Acquire::Retries=1 -o Acquire::http::Timeout=20
		-o Acquire::https::Timeout=20 -o APT::Update::Error-Mode=any
		-o APT::Sandbox::User=root -o APT::Architecture=amd64
	)
	[[ $1 == system ]] || options+=(
		-o Dir::Etc::sourcelist="$state/sources.list" -o Dir::Etc::sourceparts=/dev/null
	)
	shift 2
	"$tool" "${options[@]}" "$@"
}

# The mirror of the machine's own main suite also carries the newer one.
write_newest_sources() {
	local codename uri
	codename=$(. /etc/os-release && printf %s "${VERSION_CODENAME:-}")
	uri=$(private_apt system apt-get indextargets --format '$(REPO_URI)' \
		'Created-By: Packages' "Release: $codename" 'Component: main' | sed -n 1p)
	[[ -n $uri ]] || {
		note "apt knows no mirror for suite '$codename'"
		return 1
	}
	printf 'deb [signed-by=%s] %s %s main\n' "$keyring" "$uri" "$newest_suite" \
		>"$cache/apt/newest/sources.list"
}

# Brings the lists of one state up to date, unless that was done within the hour or tried by this
# run. Of the system's sources any may fail: what the others gave serves on.
declare -A lists_tried=()
update_lists() {
	local state=$1 dir=$cache/apt/$1
	mkdir -p -- "$dir/lists/partial" "$dir/cache/archives/partial"
	[[ -z $(find "$dir/updated" -mmin -60 2>/dev/null) ]] || return 0
	[[ -z ${lists_tried[$state]:-} ]] || return 1
	lists_tried[$state]=1
	if [[ $state == newest ]]; then
		update_lists system || true
		write_newest_sources || return 1
	fi
	private_apt "$state" apt-get -q update >"$dir/log" 2>&1 || {
		note "apt-get update failed: $(grep -m 1 '^E:' "$dir/log" || echo "see $dir/log")"
		return 1
	}
	: >"$dir/updated"
}

# depends_on STATE PACKAGE PATTERN: the first dependency whose name matches.
depends_on() {
	private_apt "$1" apt-cache depends "$2" 2>/dev/null |
		awk -v p="$3" '$1 == "Depends:" && $2 ~ p && !found { print $2; found = 1 }'
}

# resolve STATE METAPACKAGE: "PACKAGE VERSION" of the package that holds the image. Since 6.19 that
# is linux-binary-*, on which linux-image-* depends.
resolve() {
	local state=$1 package binary version
	package=$(depends_on "$state" "$2" '^linux-image-[0-9]')
	[[ -n $package ]] || return 1
	binary=$(depends_on "$state" "$package" '^linux-binary-[0-9]')
	package=${binary:-$package}
	version=$(private_apt "$state" apt-cache show --no-all-versions "$package" |
		awk '$1 == "Version:" && !found { print $2; found = 1 }')
	[[ -n $version ]] && printf '%s %s\n' "$package" "$version"
}

# extract_vmlinux BZIMAGE ELF: the payload's place and length stand in the boot header
# (Documentation/arch/x86/boot.rst); its last four bytes are the size of what it unpacks to.
# Booting the ELF by PVH saves the guest from unpacking it under emulation.
extract_vmlinux() {
	local image=$1 elf=$2 sectors offset length start magic size
	local -a unpack
	[[ $(head -c 518 "$image" | tail -c 4) == HdrS ]] || return 1
	read -r sectors < <(od -An -tu1 -j 497 -N 1 "$image")
	read -r offset length < <(od -An -tu4 -j 584 -N 8 "$image")
	start=$(((sectors + 1) * 512 + offset))
	magic=$(od -An -tx1 -j "$start" -N 4 "$image" | tr -d ' ')
	case $magic in
	02214c18) unpack=(lz4 -dc) ;;
	fd377a58) unpack=(xz -dc) ;;
	28b52ffd) unpack=(zstd -dcq) ;;
	*) return 1 ;;
	esac
	need "${unpack[0]}"
	head -c $((start + length - 4)) "$image" | tail -c +$((start + 1)) | "${unpack[@]}" >"$elf" || return 1
	read -r size < <(od -An -tu4 -j $((start + length - 4)) -N 4 "$image")
	[[ $(stat -c %s "$elf") == "$size" ]]
}

# fetch STATE PACKAGE VERSION: download, unpack, extract, publish by rename.
fetch() {
	local state=$1 package=$2 version=$3 temp file image status=0
	local -a packages=("$package")
	# The package that holds the image alone has its modules in another one.
	[[ $package != linux-binary-* ]] || packages+=("linux-modules-${package#linux-binary-}")
	temp=$(mktemp -d "$cache/kernels/.fetch.XXXXXX")
	note "fetching $package $version"
	(
		cd "$temp" || exit 1
		private_apt "$state" apt-get -q download "${packages[@]/%/=$version}" >log 2>&1 || {
			note "download failed: $(grep -m 1 '^E:' log || tail -n 1 log)"
			exit 1
		}
		for file in ./*.deb; do
			dpkg-deb -x "$file" root || exit 1
		done
		image=$(find root -name 'vmlinuz*' -type f | sed -n 1p)
		[[ -n $image ]] && extract_vmlinux "$image" vmlinux || {
			note "$package: no kernel image that can be unpacked"
			exit 1
		}
		mkdir kernel
		mv vmlinux kernel/
		shopt -s nullglob
		mv -T -- root/{usr/,}lib/modules/*/kernel kernel/modules || exit 1
		mv -T kernel "$cache/kernels/${package}_$version"
	) || status=1
	rm -rf -- "$temp"
	return "$status"
}

publish() {
	printf '%s\n' "$2" >"$1.new"
	mv -f -- "$1.new" "$1"
}

# replace NAME KERNEL: points NAME to KERNEL. Kernels that no name points to any more go after a week,
# because a run may just have been given one of them.
replace() {
	local current=$cache/kernels/$1.current dir
	[[ ! -s $current || $(<"$current") == "$2" ]] || touch -c -- "$cache/kernels/$(<"$current")"
	publish "$current" "$2"
	find "$cache/kernels" -mindepth 1 -maxdepth 1 -type d -mtime +7 | while read -r dir; do
		grep -qsFx -- "${dir##*/}" "$cache"/kernels/*.current || rm -rf -- "$dir"
	done
}

# Asks the mirror what NAME is today and gets it. On failure a cached kernel goes on serving.
refresh() {
	local name=$1 state=${kernel_state[$1]} current=$cache/kernels/$1.current
	local found package version wait=$ask_again_ok
	update_lists "$state" || wait=$ask_again_failed
	if found=$(resolve "$state" "${kernel_metapackage[$name]}") &&
		read -r package version <<<"$found" &&
		{ [[ -d $cache/kernels/${package}_$version ]] || fetch "$state" "$package" "$version"; }; then
		replace "$name" "${package}_$version"
	else
		wait=$ask_again_failed
	fi
	if [[ $wait == "$ask_again_failed" && -s $current ]]; then
		note "kernel $name: the mirror did not answer in full; using the cached $(<"$current")"
	fi
	publish "$cache/kernels/$name.ask" $(($(date +%s) + wait))
}

# Without 6.1 and 6.12 there is nothing to test on, so what is missing of them is asked for each time.
due() {
	local file=$cache/kernels/$1.ask
	[[ $1 == newest || -s $cache/kernels/$1.current ]] || return 0
	[[ ! -s $file ]] || (($(date +%s) >= $(<"$file")))
}

# kernel_get NAME [refresh]: sets kernel_dir; fails with a clear line when the kernel cannot be had.
kernel_dir=
kernel_get() {
	local name=$1 current=$cache/kernels/$1.current
	[[ $(uname -m) == x86_64 ]] || die "$status_broken" "only x86_64 hosts are supported"
	mkdir -p -- "$cache/kernels"
	if [[ ${2:-} == refresh ]] || due "$name"; then
		need apt-get dpkg-deb
		exec {lock}>"$cache/lock"
		flock "$lock"
		if [[ ${2:-} == refresh ]] || due "$name"; then refresh "$name"; fi
		exec {lock}>&-
	fi
	[[ ! -s $current ]] || kernel_dir=$cache/kernels/$(<"$current")
	[[ ! -s $current || ! -s $kernel_dir/vmlinux ]] || return 0
	note "kernel $name: not available from this machine's mirror and not cached; left out" \
		"(tools/vm kernels --refresh asks again)"
	return 1
}

# A mirror may lack the newest suite: that is a skip. Without 6.1 or 6.12 nothing was tested.
kernel_absent_status() {
	[[ $1 == newest ]] && echo "$status_skip" || echo "$status_broken"
}

kernel_list() {
	local name mode='' package status=0
	case ${1:-} in
	'') ;;
	--refresh)
		mode=refresh
		rm -f -- "$cache"/apt/*/updated
		;;
	*) die 2 "unknown option '$1'; see tools/vm help" ;;
	esac
	for name in "${kernel_names[@]}"; do
		kernel_get "$name" $mode || {
			[[ $name == newest ]] || status=$status_broken
			continue
		}
		package=${kernel_dir##*/}
		printf '%-8s%-32s%-24s%s\n' "$name" "$(sed -E 's/^linux-(image|binary)-//' <<<"${package%%_*}")" \
			"${package#*_}" "$kernel_dir/vmlinux"
	done
	return "$status"
}
