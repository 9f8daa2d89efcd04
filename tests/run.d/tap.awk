# SPDX-License-Identifier: Apache-2.0
#
# One cmocka program's output (TAP, with anything else in between) -> one line for each case:
#   ok|FAIL|skip TAB case TAB reason, and behind a FAIL: detail TAB line.
# In: status (exit status of the program), log_file (its name, for the reason).
# The numbers and the plan are what is believed: a case may have printed half a line before its
# result, and a program that stops before its last planned case has failed, whatever its status.

BEGIN {
	planned = -1
	number = 0
	fails = 0
	n_tail = 0
}

function fail(name, reason) {
	printf "FAIL\t%s\t%s\n", name, reason
	fails++
}

function ending() {
	if (status == 124 || status == 137)
		return "ran into the time limit"
	if (status > 128)
		return "killed by signal " status - 128
	return "exit status " status
}

# The group that ends here, by a further plan or by the program's end.
function end_group() {
	if (planned >= 0 && number < planned) {
		fail("after " number " of " planned " cases", ending() ", " log_file)
		show_tail()
	}
}

function show_tail(    i) {
	for (i = n_tail > 40 ? n_tail - 40 : 0; i < n_tail; i++)
		printf "detail\t%s\n", tail[i]
}

{
	gsub(/[\t\r]/, " ")
	tail[n_tail++] = $0
}

/^1\.\.[0-9]+$/ {
	end_group()
	planned = substr($0, 4) + 0
	number = 0
	explaining = 0
	next
}

match($0, "(not )?ok " (number + 1) " (- |# SKIP)") {
	word = substr($0, RSTART, RLENGTH)
	name = substr($0, RSTART + RLENGTH)
	sub(/^ +/, "", name)
	sub(/^test_/, "", name)
	number++
	explaining = 0
	if (word ~ /SKIP/) {
		printf "skip\t%s\t\n", name
	} else if (word ~ /^not/) {
		fail(name, "")
		explaining = 12
	} else {
		printf "ok\t%s\t\n", name
	}
	next
}

/^not ok 0 - / {
	fail("group", substr($0, 12))
	planned = number
	next
}

/^# (not )?ok - / {
	explaining = 0
	next
}

explaining && /^# / {
	printf "detail\t%s\n", substr($0, 3)
	explaining--
}

END {
	end_group()
	if (planned < 0) {
		fail("start", "no case ran, " ending() ", " log_file)
		show_tail()
	} else if (status != 0 && !fails) {
		fail("end", ending() " behind its last case, " log_file)
		show_tail()
	}
}
