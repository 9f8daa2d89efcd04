# SPDX-License-Identifier: Apache-2.0
# bash completion for writ(1): verbs, options, and names that writd or the policy knows.

_writ_verbs="whoami request exec done why run grant pending approve deny revoke suspend resume freeze
	thaw agents grants status metrics audit policy"

_writ_names() { # VERB KEY: that key of all rows
	writ "$1" --json 2>/dev/null |
		sed -n 's/^ *"'"$2"'": "\{0,1\}\([A-Za-z0-9._-]*\)"\{0,1\},\{0,1\}$/\1/p'
}

# Numbers of an agent's own grants, and playbooks that it may ask for: of `writ whoami`.
_writ_held() {
	writ whoami 2>/dev/null | sed -n '/^Held now:/,/^$/s/^  \([0-9][0-9]*\) .*/\1/p'
}

_writ_asked() {
	writ whoami 2>/dev/null | sed -n 's/^  writ request \([^ ]*\).*/\1/p'
}

_writ_playbooks() {
	awk '/^kind:/ {playbook = $2 == "Playbook"} /^name:/ && playbook {print $2}' \
		/etc/writ/policy/*.yaml 2>/dev/null
}

_writ_agents() { # from the policy: writd need not run
	awk '/^kind:/ {agent = $2 == "Agent"} /^name:/ && agent {print $2}' \
		/etc/writ/policy/*.yaml 2>/dev/null
}

_writ_options() { # VERB WORD: behind `writ VERB WORD`
	case $1 in
	run) echo "--cgroup --policy --json --socket --help --" ;;
	exec) echo "--cgroup --json --socket --help --" ;;
	request) echo "--ticket --sponsor --reason --ttl --delay --context --wait --id --withdraw
		--json --socket --help" ;;
	grant) echo "--agent --ttl --delay --ticket --sponsor --reason --context --wait
		--json --socket --help" ;;
	why) echo "--last --agent --json --socket --help" ;;
	deny) echo "--reason --json --socket --help" ;;
	revoke) echo "--agent --playbook --all --json --socket --help" ;;
	grants) echo "--all --history --agent --playbook --ticket --since --limit
		--json --socket --help" ;;
	status) echo "--security --json --socket --help" ;;
	audit) case $2 in
		query) echo "--agent --grant --playbook --ticket --verdict --reason --operation --type
			--object --exe --exec --since --until --limit" ;;
		export) echo "--agent --grant --playbook --ticket --verdict --reason --operation --type
			--object --exe --exec --since --until --limit --format" ;;
		report) echo "--since --until --verify --key --html" ;;
		verify) echo "--key --known --quiet" ;;
		*) echo "--follow --lines" ;;
		esac
		echo "--file --json --help" ;;
	policy) [[ $2 != explain ]] || echo "--access --grant --at --policy --"
		echo "--json --socket --help" ;;
	agents | whoami | done | metrics | pending | approve | freeze | thaw | suspend | resume)
		echo "--json --socket --help" ;;
	esac
}

_writ_takes_value() { # WORD
	case $1 in
	--agent | --policy | --grant | --access | --socket | --file | --ttl | --delay | --at | \
		--ticket | --cgroup | --lines | -n | --sponsor | --reason | --context | --id | \
		--withdraw | --last | --playbook | --since | --limit | --verdict | --operation | \
		--type | --object | --exe | --exec | --until | --key | --format) return 0 ;;
	esac
	return 1
}

_writ_policy_words() { # VERB NTH WORD: behind `writ policy VERB`
	case $1:$2 in
	explain:1) compgen -W "$(_writ_agents)" -- "$3" ;;
	explain:2) compgen -W "read write create open exec connect bind listen send" -- "$3" ;;
	*) compgen -f -- "$3" ;;
	esac
}

_writ_words() { # VERB NTH: what may stand as that argument
	case $1:$2 in
	run:1 | suspend:1 | resume:1) _writ_names agents agent ;;
	grant:1) _writ_playbooks ;;
	request:1) _writ_asked ;;
	done:1) _writ_held ;;
	approve:1 | deny:1) _writ_names pending proposal ;;
	exec:1 | revoke:1) _writ_names grants grant ;;
	audit:1) echo "tail query report export verify" ;;
	policy:1) echo "check explain test diff apply" ;;
	help:1) echo "$_writ_verbs" ;;
	esac
}

_writ() {
	local word=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]}
	local verb=${COMP_WORDS[1]} first= nth=0 i

	COMPREPLY=()
	if ((COMP_CWORD == 1)); then
		COMPREPLY=($(compgen -W "$_writ_verbs help --version --help" -- "$word"))
		return
	fi
	for ((i = 2; i < COMP_CWORD; i++)); do
		[[ ${COMP_WORDS[i]} == -- && $verb == @(run|exec) ]] && {
			((COMP_CWORD > i)) && _command_offset $((i + 1)) 2>/dev/null
			return
		}
		[[ ${COMP_WORDS[i]} == -* ]] && continue
		_writ_takes_value "${COMP_WORDS[i - 1]}" && continue
		((nth++ == 0)) && first=${COMP_WORDS[i]}
	done
	case $previous in
	--agent) COMPREPLY=($(compgen -W "$(_writ_names agents agent)" -- "$word")) ;;
	--policy) COMPREPLY=($(compgen -f -- "$word")) ;;
	--playbook) COMPREPLY=($(compgen -W "$(_writ_playbooks)" -- "$word")) ;;
	--context) COMPREPLY=($(compgen -o nospace -W "session= prompt= tool_call= parent=" -- \
		"$word")) ;;
	--grant) COMPREPLY=($(compgen -W "$(_writ_playbooks)" -- "$word")) ;;
	--access) COMPREPLY=($(compgen -W "read write append create delete execute map
		attributes link" -- "$word")) ;;
	--socket | --file) COMPREPLY=($(compgen -f -- "$word")) ;;
	*)
		if _writ_takes_value "$previous"; then
			: # nothing is known of it
		elif [[ $word == -* ]]; then
			COMPREPLY=($(compgen -W "$(_writ_options "$verb" "$first")" -- "$word"))
		elif [[ $verb == policy && $nth -ge 1 ]]; then
			COMPREPLY=($(_writ_policy_words "$first" "$nth" "$word"))
		else
			COMPREPLY=($(compgen -W "$(_writ_words "$verb" $((nth + 1)))" -- "$word"))
		fi
		;;
	esac
}

complete -F _writ writ
