# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=dash disable=SC2154
# Programs don't become dearer to verify unnoticed: at most a tenth over tests/bpf/verifier.txt.

case_figures() {
	grep -q "^$(uname -r) " /vm/verifier.txt || skip "no figures of $(uname -r); make verifier"
	/vm/bin/verifier /vm/writ.bpf.o >/tmp/figures || fail 'the programs did not load'
	awk -v release="$(uname -r)" '
		$1 != release || $2 == "-" { next }
		NR == FNR { stated[$2] = $3; next }
		!($2 in stated) { printf "%s has no figure; ", $2; next }
		$3 > stated[$2] * 1.1 { printf "%s: %d instructions, not %d; ", $2, $3, stated[$2] }
	' /vm/verifier.txt /tmp/figures >/tmp/dearer
	[ ! -s /tmp/dearer ] || fail "$(cat /tmp/dearer)make verifier"
}
