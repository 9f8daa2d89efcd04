# SPDX-License-Identifier: Apache-2.0
#
# Which folder may include which: the table of docs/architecture.md over #include lines. Also: lib/
# and compile/ return their errors and never log.

BEGIN {
	own["user/lib"] = "lib"
	own["user/compile"] = "lib compile writ"
	own["user/window"] = "lib compile window writ"
	own["user/kernel"] = "lib kernel writ writ.skel.h writ_maps.skel.h bpf"
	own["user/broker"] = "lib broker compile window writ"
	own["user/trail"] = "lib trail"
	own["user/forward"] = "lib forward compile trail writ"
	own["user/audit"] = "lib compile trail audit writ"
	own["user/cli"] = "lib cli compile trail writ"
	own["user/daemon"] = "lib compile kernel broker audit forward window daemon writ bpf"
}

FNR == 1 {
	folder = FILENAME
	sub(/\/[^\/]*$/, "", folder)
	mute = folder ~ /^user\/(lib|compile)$/ && FILENAME !~ /\/log\.[ch]$/
}

function finding(what) {
	printf "%s:%d: includes: %s\n", FILENAME, FNR, what
}

function listed(word, words) {
	return (" " words " ") ~ (" " word " ")
}

function user_include(file, quoted,    room) {
	room = file
	if (file ~ /\//)
		sub(/\/.*/, "", room)
	if (quoted && file !~ /\// && file !~ /\.skel\.h$/)
		finding("write \"FOLDER/" file "\"")
	else if (!(folder in own))
		finding("name " folder " in tools/lint.d/includes.awk and docs/architecture.md")
	else if ((quoted || room == "bpf") && !listed(room, own[folder]))
		finding(folder " may not include " file)
	else if (folder == "user/lib" && file ~ /^(yaml|jansson|sodium|sqlite3|cmocka|microhttpd)\.h$/)
		finding("lib knows libc only, not " file)
	else if (folder == "user/compile" && file ~ /^(jansson|sqlite3|microhttpd)\.h$/)
		finding("compile is pure, it has no business with " file)
}

function check(file, quoted) {
	if (FILENAME ~ /^user\//)
		user_include(file, quoted)
	else if (FILENAME ~ /^include\// && file !~ /^(writ\/|linux\/|stddef\.h$)/)
		finding("include/writ is built for BPF too: only writ/, linux/ and stddef.h")
	else if (FILENAME ~ /^bpf\// && file !~ /^(writ\/|linux\/|bpf\/|vmlinux\.h$|[a-z_]+\.bpf\.h$)/)
		finding("a hook includes bpf/'s own, writ/, vmlinux.h, linux/ and bpf/")
	else if (FILENAME ~ /^vmlinux\// && file !~ /^linux\//)
		finding("vmlinux/ includes only linux/")
}

match($0, /^#[ \t]*include[ \t]*[<"][^>"]+/) {
	file = substr($0, RSTART, RLENGTH)
	quoted = file ~ /"/
	sub(/^[^<"]*[<"]/, "", file)
	check(file, quoted)
	if (mute && file == "lib/log.h")
		finding(folder " never logs: return the error as a value")
}

mute && /(^|[^a-z_])(writ_(log|error|warning|info|debug)(_errno|_open)?|perror|syslog)[ \t]*\(/ {
	printf "%s:%d: log: return the error as a value, %s never logs\n", FILENAME, FNR, folder
}
