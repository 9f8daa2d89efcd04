# SPDX-License-Identifier: Apache-2.0
#
# No two files of user/ define the same external symbol. All rooms but the mains are one archive:
# of two, a program gets whichever the linker meets first. In: the .c files under user/. A definition
# begins at the line's start, as the house writes it, and its body or value follows.

function finding(name) {
	if (name in first && first[name] != FILENAME)
		printf "%s:%d: symbols: %s is defined in %s too; give one another name, or static\n",
			FILENAME, line, name, first[name]
	else
		first[name] = FILENAME
}

# What stands before the parameters, or before the value; of a macro its first word.
function name_of(text) {
	if (match(text, /^[A-Z_]+\(/)) {
		text = substr(text, RLENGTH + 1)
		sub(/[,)].*/, "", text)
		return text
	}
	gsub(/__attribute__[ \t]*\(\([^)]*(\([^)]*\))?[^)]*\)\)/, "", text)
	sub(/[ \t]*[(=].*/, "", text)
	gsub(/\[[^]]*\]/, "", text)
	sub(/[ \t;]+$/, "", text)
	sub(/.*[ \t*]/, "", text)
	return text
}

# A function's brace stands alone. With `=` it is a value; else with `;` it declares a function, or
# is a variable, which has no parameters.
function ends(body) {
	if (text !~ /^(static|typedef|extern|_Static_assert)/ &&
	    text !~ /^(struct|enum|union)[ \t]+[a-z_0-9]*[ \t]*(\{|;|$)/ &&
	    (body || text ~ /=/ || text !~ /\(/ || text ~ /^[A-Z_]+\(/) && name_of(text) != "main")
		finding(name_of(text))
	text = ""
}

FNR == 1 {
	text = ""
	macro = 0
}

{
	continued = macro
	macro = (macro || /^[ \t]*#/) && /\\$/
	if (continued || macro || /^[ \t]*#/)
		next
}

text != "" && /^\{/ {
	ends(1)
}

/^[A-Za-z_]/ && text == "" {
	line = FNR
	text = $0
	if (/[;{][ \t]*(\/\*.*)?$/)
		ends(0)
	next
}

text != "" {
	text = text " " $0
	if (/;[ \t]*$/ || text ~ /=/)
		ends(0)
}
