# SPDX-License-Identifier: Apache-2.0
#
# What the techniques say of themselves.
# In:  tests/escape/FAMILY_NAME.c, the lines ` * KEY: TEXT` of their first comment; a text goes on in
#      lines that begin with three blanks.
# Out: a line for each file, fields with tabs between them: name, technique, stopped by, expect
#      (several with `;`), needs, instead. Status 1 and a line on stderr for one that lacks a line.

function flush() {
	if (!name)
		return
	if (!text["technique"] || !text["stopped by"] || !text["expect"])
		bad = fail("technique, stopped by and expect are wanted")
	if (text["stopped by"] ~ /^nothing/ && !text["instead"])
		bad = fail("what is not stopped says what to do instead")
	if (text["expect"] !~ /^nothing recorded, because /)
		check_records()
	printf "%s\t%s\t%s\t%s\t%s\t%s\n", name, text["technique"], text["stopped by"],
		text["expect"], text["needs"], text["instead"]
}

# Each record has a reason, or any refusal would do.
function check_records(    each, i) {
	for (i = split(text["expect"], each, ";"); i; i--)
		if (each[i] !~ /^operation=[a-z_]+ reason=[a-z_]+( |$)/)
			bad = fail("expect is `operation=OP reason=REASON ...` or `nothing recorded, because ...`")
}

function fail(what) {
	printf "%s:1: header: %s\n", file, what >"/dev/stderr"
	return 1
}

FNR == 1 {
	flush()
	file = name = FILENAME
	sub(/.*\//, "", name)
	sub(/\.c$/, "", name)
	delete text
	key = ""
	over = 0
}

over {
	next
}

/^ \*\// {
	over = 1
	next
}

match($0, /^ \* (technique|stopped by|expect|needs|instead): /) {
	key = substr($0, 4, RLENGTH - 5)
	value = substr($0, RLENGTH + 1)
	text[key] = text[key] (text[key] ? ";" : "") value
	next
}

/^ \*   / && key {
	sub(/^ \* +/, " ")
	text[key] = text[key] $0
	next
}

{
	key = ""
}

END {
	flush()
	exit bad
}
