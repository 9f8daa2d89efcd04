# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=dash disable=SC2154
# Programs don't become dearer to verify unnoticed. tests/bpf/verifier.txt has what each one cost; a
# tenth more is let pass, so that small changes need no new figures.

remedy="run 'make verifier', and commit the figures with the reason why they changed"

# Both ways: a program without figures, and figures without a program.
compare() {
	awk -v series="$1" '
		$1 != series { next }
		NR == FNR { instructions[$2] = $3; states[$2] = $4; next }
		{ here[$2] = 1 }
		!($2 in instructions) { printf "%s has no figures; ", $2; next }
		$3 > instructions[$2] * 1.1 {
			printf "%s: %d instructions, not %d; ", $2, $3, instructions[$2]
		}
		$4 > states[$2] * 1.1 { printf "%s: %d states, not %d; ", $2, $4, states[$2] }
		END {
			for (program in instructions)
				if (!(program in here))
					printf "%s has figures and is no program; ", program
		}
	' /vm/verifier.txt "$2"
}

case_figures() {
	/vm/bin/verifier /vm/writ.bpf.o >/tmp/figures || fail 'the programs did not load'
	series=$(head -n 1 /tmp/figures | cut -d ' ' -f 1)
	if ! grep -q "^$series " /vm/verifier.txt; then
		case $series in
		6.1 | 6.12) fail "no figures of kernel $series; $remedy" ;;
		esac
		skip "kernel $series is newer than the figures; $remedy"
	fi
	changed=$(compare "$series" /tmp/figures)
	[ -z "$changed" ] || fail "$changed$remedy"
	note "$(awk '{ sum += $3 } END { print sum " instructions verified, " NR " programs" }' /tmp/figures)"
}
