# SPDX-License-Identifier: Apache-2.0
#
# Every text: no work left behind in a comment, no space at the end of a line, no document named that
# is not there.

BEGIN {
	# in two halves, so that this line is none of them
	left = "(^|[^A-Za-z0-9_])(TO" "DO|FIX" "ME|XX" "X|HA" "CK)([^A-Za-z0-9_]|$)"
}

$0 ~ left {
	printf "%s:%d: left: do it, or write it down where the work is planned\n", FILENAME, FNR
}

/[ \t]$/ {
	printf "%s:%d: space: remove the space at the end\n", FILENAME, FNR
}

# Documents are named by their path in the tree.
/(^|[^A-Za-z])[A-Z][A-Z]+\.md/ && !/(README|CHANGELOG)\.md/ {
	printf "%s:%d: places: name a document that is in the tree\n", FILENAME, FNR
}
