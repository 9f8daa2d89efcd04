# SPDX-License-Identifier: Apache-2.0
# Renews the tables of a page: awk -v results=results.json -v profile=report.md -f page.awk PAGE
# A table stands between <!-- table: WHAT --> and <!-- end -->, and stays as it is when what it is made
# of is not there. WHAT is
#   figures PREFIX          all figures of results.json whose name begins so
#   matrix PREFIX COLUMN... figures PREFIX ROW.COLUMN, a row for each ROW
#   host                    the machine that results.json is of
#   profile                 the file `profile` as it is
# In: results.json as jansson writes it, a key on each line.

function field(line) {
	sub(/^ *"[a-z]*": "?/, "", line)
	sub(/"?,?$/, "", line)
	return line
}

function read_results(  line, name) {
	while ((getline line <results) > 0) {
		if (line ~ /^ *"name": /) {
			name = field(line)
			names[++n_names] = name
		} else if (line ~ /^ *"(unit|value|floor|why|kernel|cpus?)": /) {
			match(line, /"[a-z]+"/)
			of[name, substr(line, RSTART + 1, RLENGTH - 2)] = field(line)
		}
	}
}

# 12345678 -> 12,345,678; small numbers with three digits that count
function number(value,  text) {
	if (value == "" || value == "null")
		return "-"
	if (value + 0 < 1000)
		return sprintf("%.4g", value)
	text = sprintf("%.0f", value)
	while (match(text, /^[0-9]+[0-9][0-9][0-9](,|$)/))
		sub(/[0-9][0-9][0-9](,|$)/, ",&", text)
	return text
}

# How many times the floor, and which; nothing where there is none to divide by.
function beside_floor(name, floor) {
	if (of[name, "value"] == "null" || of[name, "unit"] != of[floor, "unit"] || of[floor, "value"] + 0 == 0)
		return "|"
	return sprintf("%.3g | `%s`", of[name, "value"] / of[floor, "value"], floor)
}

function figures(prefix,  i, name) {
	print "| figure | value | unit | x floor | floor |"
	print "|---|---:|---|---:|---|"
	for (i = 1; i <= n_names; i++) {
		name = names[i]
		if (index(name, prefix) == 1)
			printf "| `%s` | %s | %s | %s |\n", name, number(of[name, "value"]),
				of[name, "unit"] (of[name, "value"] == "null" ? ": " of[name, "why"] : ""),
				beside_floor(name, of[name, "floor"])
	}
}

# Has any figure of this row one of the columns?
function has_row(row, words, n,  j) {
	for (j = 3; j <= n; j++)
		if ((row "." words[j], "unit") in of)
			return 1
	return 0
}

# The kernel by its version alone: what stands behind it is whoever's who built it.
function host(  kernel) {
	kernel = of["", "kernel"]
	match(kernel, /^[0-9]+(\.[0-9]+)*/)
	printf "On %s processors (%s), kernel %s.\n", of["", "cpus"], of["", "cpu"],
		substr(kernel, 1, RLENGTH)
}

function matrix(prefix, words, n,  i, j, line, seen, parts) {
	line = "| |"
	for (j = 3; j <= n; j++)
		line = line " " words[j] " |"
	print line
	gsub(/[^|]+/, "---:", line)
	sub(/---:/, "---", line)
	print line
	for (i = 1; i <= n_names; i++) {
		if (index(names[i], prefix) != 1 || split(substr(names[i], length(prefix) + 1), parts, ".") != 2 ||
		    seen[parts[1]]++ || !has_row(prefix parts[1], words, n))
			continue
		printf "| %s |", parts[1]
		for (j = 3; j <= n; j++)
			printf " %s |", number(of[prefix parts[1] "." words[j], "value"])
		printf "\n"
	}
}

function copy(file,  line) {
	while ((getline line <file) > 0)
		print line
}

function readable(file,  line, result) {
	result = (getline line <file) > 0
	close(file)
	return result
}

BEGIN {
	if (readable(results))
		read_results()
}

/^<!-- end -->/ {
	inside = 0
}

!inside {
	print
}

/^<!-- table: / {
	n = split(substr($0, 13, length($0) - 16), words, " ")
	inside = words[1] == "profile" ? readable(profile) : n_names > 0
	if (!inside)
		next
	print ""
	if (words[1] == "profile")
		copy(profile)
	else if (words[1] == "host")
		host()
	else if (words[1] == "figures")
		figures(words[2])
	else
		matrix(words[2], words, n)
	print ""
}
