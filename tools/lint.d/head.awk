# SPDX-License-Identifier: Apache-2.0
#
# How a file begins: its license in the first line (the second behind #!), then a comment on what
# it is. bpf/ and vmlinux/ are GPL-2.0-only, include/ is under both, the rest is Apache-2.0. Tests
# that become BPF programs are as bpf/ is, and what they share with user space as include/ is.

function wanted(file) {
	if (file ~ /^(bpf|vmlinux)\// || file ~ /\.bpf\.[ch]$/)
		return "GPL-2.0-only"
	if (file ~ /^include\//)
		return "Apache-2.0 OR GPL-2.0-only"
	return "Apache-2.0"
}

FNR == 1 {
	at = /^#!/ ? 2 : 1
	page = FILENAME ~ /\.[1-8]$/
	shared = FILENAME ~ /^tests\/bpf\/.*\.h$/
	licensed = 0
}

FNR == at {
	license = $0
	if (!sub(/^.*SPDX-License-Identifier: /, "", license)) {
		printf "%s:%d: license: begin with SPDX-License-Identifier: %s\n", FILENAME, FNR,
			wanted(FILENAME)
	} else {
		sub(/[ \t]*\*\/[ \t]*$/, "", license)
		if (license != wanted(FILENAME) && !(shared && license ~ /^Apache-2\.0/))
			printf "%s:%d: license: %s, not %s\n", FILENAME, FNR, wanted(FILENAME), license
		licensed = 1
	}
}

FNR == at + 1 && licensed && !page {
	bare = /^#[ \t]*$/
	if (!bare && !/^(\/\*|\/\/|# ?[A-Za-z])/)
		printf "%s:%d: header: say in a comment what comes in, what goes out\n", FILENAME, FNR
}

FNR == at + 2 && licensed && !page && bare && !/^# ?[A-Za-z`]/ {
	printf "%s:%d: header: say in a comment what comes in, what goes out\n", FILENAME, FNR
}
