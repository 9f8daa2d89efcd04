# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=dash disable=SC2154,SC2034
# Storms: whatever the host does meanwhile, nothing forbidden is allowed, nobody unmanaged is denied,
# and honest work is hardly ever denied because its path kept changing. The guest is booted with
# preempt=full, so that one CPU changes to the storm within a decision. STORM_SECONDS of
# tests/vm/run is the time of each; it is spent in slices, because the log is kept in memory.

storm=/vm/bin/storm
seconds=$(cat /vm/storm.seconds)
slice=10
share=1000      # of honest opens at most one in so many may be denied
bomb_share=1000 # and of a bomb's children
# 6.1 has no task storage for a program that comes in the middle of another one's use of it, which
# preemption makes happen, and most of all where every process needs its first: a denial without a
# record, counted as one that is lost
case $(uname -r) in
6.1.*) share=20 bomb_share=5 ;;
esac

# Adds up what the log says, then empties it. Of a path_error there is no object. The log is long:
# only what comes behind the storm is read as JSON.
harvest() {
	mark
	settle
	path_errors=$((${path_errors:-0} + $(grep -c '"reason":"path_error"' "$log")))
	astray=$((${astray:-0} + $(grep "\"object\":\"$own_file\"" "$log" | grep -c '"verdict":"deny"')))
	: >"$log"
	mark=0 # of lib.sh
}

# Adds the numbers of file FILE to $sum, by their place.
add() {
	sum=$(echo "${sum:-} / $(cat "$1")" | awk -F/ '{
		n = split($1, a, " "); m = split($2, b, " ")
		for (i = 1; i <= m; i++)
			printf "%s ", b[i] ~ /^[0-9]+$/ ? a[i] + b[i] : b[i]
	}')
}

place_storm() {
	for base in "/vm/data/storm/$name" "/vm/secret/$name"; do
		rm -rf "$base"
		mkdir -p "$base/still/a/b/c/d/e/f" "$base/here/a/b/c" "$base/mount"
		echo content >"$base/still/a/b/c/d/e/f/file"
		echo content >"$base/here/a/b/c/file"
	done
	own=/vm/data/storm/$name
	secret=/vm/secret/$name
	agent stormer "/vm/storm/$name"
}

# under STORM... : slices of both, the agent and an unmanaged process, under that storm; the sums of
# what they say in $agent_sum and $free_sum.
under() {
	left=$seconds
	agent_sum='' free_sum='' path_errors=0 astray=0
	retries=$(/vm/bin/objects retries)
	lost=$(status lost)
	while [ "$left" -gt 0 ]; do
		now=$((left < slice ? left : slice))
		left=$((left - now))
		verb=$1
		"$storm" "$verb" $((now + 2)) "$2" >/tmp/storm.weather &
		weather=$!
		"$storm" opens $now "$free_ok" "$free_other" >/tmp/storm.free &
		beside=$!
		as "$group" $storm opens $now "$own_file" "$secret_file" >/tmp/storm.agent ||
			fail 'the agent did not come to its end'
		wait $beside || fail 'the unmanaged process did not come to its end'
		wait $weather || fail "no storm: $verb"
		sum=$agent_sum && add /tmp/storm.agent && agent_sum=$sum
		sum=$free_sum && add /tmp/storm.free && free_sum=$sum
		harvest
	done
	retries=$(($(/vm/bin/objects retries) - retries))
	lost=$(($(status lost) - lost))
}

# nth NUMBER WORDS...
nth() {
	shift "$1"
	echo "$1"
}

# judge: no wrong allow, no wrong deny, and denials of honest work are rare and have their reason.
judge() {
	# shellcheck disable=SC2086 # words
	honest=$(nth 2 $agent_sum) refused=$(nth 3 $agent_sum) wrong=$(nth 6 $agent_sum) \
		tries=$(nth 7 $agent_sum) free_denied=$(($(nth 3 $free_sum) + $(nth 7 $free_sum)))
	note "$tries forbidden opens denied, $wrong allowed; $honest honest ones allowed," \
		"$refused denied; $path_errors path_error; $lost lost; $retries paths found again;" \
		"unmanaged: $free_denied denied"
	want 'wrong allows' 0 "$wrong"
	want 'wrong denials of an unmanaged process' 0 "$free_denied"
	[ "$tries" -gt 100 ] || fail "only $tries forbidden opens"
	[ "$honest" -gt 100 ] || fail "only $honest honest opens"
	[ $((refused * share)) -le "$honest" ] || fail "$refused of $honest honest opens denied"
	[ "$refused" -le $((path_errors + lost)) ] || fail 'an honest open was denied without a word'
	want 'honest opens denied for another reason' 0 "$astray"
	[ "$retries" -gt 0 ] || fail 'the storm met no walk of a path'
}

# The storm goes on above and beside the files, in the forbidden place and in the allowed one.
case_renames_elsewhere() {
	place_storm
	own_file=$own/still/a/b/c/d/e/f/file secret_file=$secret/still/a/b/c/d/e/f/file
	free_ok=$own_file free_other=$secret_file
	under renames "$secret"
	judge
}

# The forbidden file's own parents move; whether it is found is luck.
case_renames_above() {
	place_storm
	own_file=$own/still/a/b/c/d/e/f/file secret_file=$secret/here/a/b/c/file
	free_ok=$own_file free_other=$secret_file
	under renames "$secret"
	judge
}

case_mounts_in_another_namespace() {
	place_storm
	own_file=$own/still/a/b/c/d/e/f/file secret_file=$secret/still/a/b/c/d/e/f/file
	free_ok=$own_file free_other=$secret_file
	under mounts "$secret/mount"
	judge
}

# unfair N children OK DENIED OTHER: of `storm forks`.
case_fork_bomb() {
	place_storm
	key=$secret/still/a/b/c/d/e/f/file own_file=$own/still/a/b/c/d/e/f/file
	agent_sum='' free_sum='' left=$seconds path_errors=0 astray=0
	lost=$(status lost)
	while [ "$left" -gt 0 ]; do
		now=$((left < slice ? left : slice))
		left=$((left - now))
		"$storm" forks $now "$own_file" "$key" >/tmp/storm.free &
		beside=$!
		as "$group" $storm forks $now "$own_file" "$key" >/tmp/storm.agent ||
			fail 'the bomb'
		wait $beside || fail 'the unmanaged process'
		sum=$agent_sum && add /tmp/storm.agent && agent_sum=$sum
		sum=$free_sum && add /tmp/storm.free && free_sum=$sum
		harvest
	done
	lost=$(($(status lost) - lost))
	# shellcheck disable=SC2086 # words
	refused=$(nth 2 $agent_sum) wrong=$(nth 4 $agent_sum) tries=$(nth 5 $agent_sum) \
		free_denied=$(($(nth 2 $free_sum) + $(nth 5 $free_sum)))
	note "$tries children denied, $wrong allowed; honest work of $refused denied; $lost lost;" \
		"unmanaged: $free_denied denied"
	want 'wrong allows' 0 "$wrong"
	want 'wrong denials of an unmanaged process' 0 "$free_denied"
	[ "$tries" -gt 100 ] || fail "only $tries children"
	[ $((refused * bomb_share)) -le "$tries" ] || fail "honest work of $refused in $tries denied"
	[ "$refused" -le $((path_errors + lost)) ] || fail 'honest work was denied without a word'
	want 'honest opens denied for another reason' 0 "$astray"
}

# rounds N unfair N children OK DENIED OTHER
case_enrolment() {
	place_storm
	key=$secret/still/a/b/c/d/e/f/file own_file=$own/still/a/b/c/d/e/f/file
	sum='' left=$seconds
	while [ "$left" -gt 0 ]; do
		now=$((left < slice ? left : slice))
		left=$((left - now))
		"$storm" enrols $now "$root/vm/storm" "$key" >/tmp/storm.all || fail 'enrolment'
		add /tmp/storm.all
		harvest
	done
	# shellcheck disable=SC2086 # words
	rounds=$(nth 2 $sum) unfair=$(nth 4 $sum) wrong=$(nth 6 $sum) tries=$(nth 7 $sum) \
		before=$(nth 8 $sum)
	note "$rounds enrolments, $tries children denied, $wrong allowed; $before born before," \
		"$unfair of them denied"
	want 'wrong allows' 0 "$wrong"
	want 'wrong denials of an unmanaged process' 0 "$unfair"
	[ "$before" -gt 10 ] || fail "only $before children were born before"
	[ "$rounds" -gt 10 ] || fail "only $rounds enrolments"
	[ "$tries" -gt 100 ] || fail "only $tries children"
}
