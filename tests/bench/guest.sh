# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2154
# Boots the guest that counts instructions. In: $kernel, $out, what `make bench-guest` builds. Out:
# $out/GROUP/instructions. Every group has the same image, so that only what runs in it differs.

# shellcheck source=tests/bench/systems.sh
. tests/bench/systems.sh

readonly guest_limit=900 # seconds

# The package is unpacked and not installed: on a host with AppArmor its services would begin to
# confine programs. Leaves nothing where there is none to have.
get_apparmor_parser() { # DIR
	local state=$PWD/$1/apparmor.deb
	[[ -x $1/sbin/apparmor_parser ]] && return
	rm -rf "$state"
	mkdir -p "$state"
	(cd "$state" && apt-get -q download apparmor >log 2>&1 && dpkg-deb -x apparmor_*.deb ..) ||
		echo "no package apparmor to be had: its figures are left out" >&2
}

# Behind prepare_guest.
prepare_apparmor() {
	local image=$out/image parser=$out/sbin/apparmor_parser abi=$out/etc/apparmor.d system number
	get_apparmor_parser "$out"
	[[ -x $parser ]] || return 0
	mkdir -p "$image/apparmor"
	for system in apparmor_10 apparmor_1000 apparmor_10_audit; do
		number=${system#apparmor_}
		apparmor_profile "$system" "${number%_audit}" \
			"$([[ $number != *_audit ]] || echo audit)" >"$out/$system.profile"
		"$parser" --config-file=/dev/null --base="$abi" --features-file="$abi/abi/3.0" \
			--skip-kernel-load --skip-cache --ofile="$image/apparmor/$system" "$out/$system.profile"
	done
}

prepare_guest() {
	local image=$out/image
	rm -rf "$image"
	mkdir -p "$image/policy" "$image/policy_10000"
	cp build/tests/bench/{tiny,empty.bpf.o,empty_reach.bpf.o,floor.bpf.o} "$image"
	writ_agent 10 >"$image/policy/10.yaml"
	writ_agent 1000 >"$image/policy/1000.yaml"
	writ_agent_of_grants >"$image/policy/grant.yaml"
	writ_agent 10000 >"$image/policy_10000/10000.yaml"
}

measure_guest() { # GROUP
	local program
	local -a adds=()
	for program in measure crowd confine attach; do
		adds+=(--add "$PWD/build/tests/bench/$program:/usr/bin/$program")
	done
	rm -rf "${out:?}/$1"
	tools/vm run --kernel "$kernel" --memory 1024 --icount --timeout "$guest_limit" \
		--out "$out/$1" "${adds[@]}" --add "$PWD/$out/image:/bench" \
		--add "$PWD/tests/bench/guest:/usr/bin/guest" \
		--add "$PWD/build/writd:/usr/sbin/writd" --add "$PWD/build/writ:/usr/bin/writ" \
		--add "$PWD/build/writ-broker:/usr/sbin/writ-broker" \
		--add "$PWD/build/writ-audit:/usr/sbin/writ-audit" \
		-- /bin/sh /usr/bin/guest "$1"
}
