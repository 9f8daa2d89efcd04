# SPDX-License-Identifier: Apache-2.0
#
# C and BPF: sizes of files and functions, width of lines, goto beside cleanup attributes. A
# function is what stands between `{` and `}` in the first column.

function finding(line, rule, what) {
	printf "%s:%d: %s: %s\n", file, line, rule, what
}

function end_file(    most) {
	most = file ~ /^bpf\// ? 300 : file ~ /^user\// ? 400 : 0
	if (most && lines > most)
		finding(lines, "size", "split it by meaning, " lines " lines are over " most)
}

# Columns with tabs of 8; a character of several bytes is one column.
function width(text,    parts, n, i, columns) {
	gsub(/[\200-\277]/, "", text)
	n = split(text, parts, "\t")
	columns = length(parts[1])
	for (i = 2; i <= n; i++)
		columns = (int(columns / 8) + 1) * 8 + length(parts[i])
	return columns
}

FNR == 1 {
	if (file != "")
		end_file()
	file = FILENAME
	inside = 0
}

{
	lines = FNR
	if (length($0) > 60 && width($0) > 100)
		finding(FNR, "width", "wrap it at 100 columns")
}

# The name in a definition's first line: the word before its parenthesis, or BPF_PROG's first.
!inside && /^[A-Za-z_].*\(/ && !/;[ \t]*$/ {
	name = $0
	if (sub(/.*BPF_PROG\(/, "", name)) {
		sub(/[,)].*/, "", name)
	} else {
		sub(/\(.*/, "", name)
		sub(/.*[ *]/, "", name)
	}
}

/^\{/ {
	inside = FNR
	gotos = cleanups = 0
}

inside && /(^|[^A-Za-z0-9_])goto[ \t]+[a-z]/ {
	gotos++
}

inside && /(^|[^A-Za-z0-9])_cleanup_|__attribute__\(\(cleanup/ {
	cleanups++
}

inside && /^\}/ {
	if (FNR - inside + 1 > 40)
		finding(inside, "warning size", name " has " FNR - inside + 1 " lines, over 40")
	if (gotos && cleanups)
		finding(inside, "goto", name " has goto and cleanup attributes: leave one")
	inside = 0
}

END {
	if (file != "")
		end_file()
}
