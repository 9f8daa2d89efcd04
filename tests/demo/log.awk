# SPDX-License-Identifier: Apache-2.0
#
# The audit log for a reader: JSON lines in, columns out. Shown are the decisions on objects that
# begin with `about`, the life of the grants, and what writd did; the rest is counted.

function value(key,    at, rest) {
	at = index($0, "\"" key "\":")
	if (!at)
		return ""
	rest = substr($0, at + length(key) + 3)
	if (rest !~ /^["[]/) {
		sub(/[,}].*/, "", rest)
		return rest
	}
	gsub(/^[["]*/, "", rest)
	sub(/".*/, "", rest)
	return rest
}

# Whole seconds, away from zero: one that has ended is never "0s left".
function seconds(left) {
	if (left == "")
		return ""
	return (left > 0 ? int(left + 0.999) : -int(0.999 - left)) "s"
}

function put(does, access, object, reason,    line) {
	line = sprintf("%s %-5s %-12s %-5s %-24s %-7s %1s %s %s %s", substr(value("time"), 12, 8), does,
		       value("role"), access, object, reason, value("grant"), value("playbook"),
		       value("ticket"), seconds(value("seconds_left")))
	sub(/ *$/, "", line)
	print line
}

BEGIN {
	print "TIME     EVENT ROLE         WHAT  OBJECT                   REASON  GRANT" \
		"                        LEFT"
}

{ type = value("type") }

type == "decision" && index(value("object"), about) == 1 && value("reason") != "role" {
	put(value("verdict"), value("access"), value("object"), value("reason"))
	next
}

type == "decision" && value("verdict") == "allow" { allowed++ }

type == "decision" && value("verdict") == "deny" {
	object = value("object")
	sub(/\\\\.*/, "", object)
	if (!denied[object]++)
		objects = objects (objects == "" ? "" : ", ") object
}

type == "enrolment" { put("enrol", "", value("object"), "") }
type == "grant" { put("grant", "", value("event") " " value("parameters"), "") }

type == "daemon" {
	line = substr(value("time"), 12, 8) " writd " value("event") " " value("detail")
	sub(/ *$/, "", line)
	print line
}

END {
	line = "not shown: " allowed + 0 " that the role allows" \
		(objects == "" ? "" : "; denied: " objects)
	print (length(line) > 100 ? substr(line, 1, 97) "..." : line)
}
