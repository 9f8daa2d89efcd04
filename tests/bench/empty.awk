# SPDX-License-Identifier: Apache-2.0
# Source of Writ's hooks, without Writ: for each program of bpf/*.bpf.c that is attached, one on the
# same hook that does nothing. In: those files. Out: C.

BEGIN {
	print "// SPDX-License-Identifier: GPL-2.0-only"
	print "#include \"vmlinux.h\""
	print "#include <bpf/bpf_helpers.h>"
	print "char LICENSE[] SEC(\"license\") = \"GPL\";"
}

match($0, /^SEC\("(lsm|lsm\.s|tp_btf)\/[a-z_0-9]+"\)/) {
	section = substr($0, RSTART, RLENGTH)
	printf "%s int empty_%d(void *context) { return 0; }\n", section, ++n
}

END {
	if (!n) {
		print "no program in the files" >"/dev/stderr"
		exit 1
	}
}
