# bash completion for sluice(1), sluice-dump(1)

_sluice_reasons() {
	command sluice events --reasons --json 2>/dev/null | tr ',{}[]' '\n' | sed -n 's/^ *"reason": *"\(.*\)"$/\1/p'
}

_sluice_verb() {
	local i
	for ((i = 1; i < COMP_CWORD; i++)); do
		case ${COMP_WORDS[i]} in
		--socket | --pins) ((i++)) ;;
		-*) ;;
		*)
			echo "${COMP_WORDS[i]}"
			return
			;;
		esac
	done
}

_sluice_identities() {
	command sluice identity list --json 2>/dev/null | sed -n 's/^ *"identity": *"\(.*\)",*$/\1/p'
}

_sluice() {
	local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]}
	local verbs='check test diff apply confirm promote rollback history status stats top events ban unban bans allow deny forget overlay explain replay identity lease audit attach detach panic'
	local globals='--socket --pins --json --help'
	local verb words='' IFS=$' \t\n'

	COMPREPLY=()
	verb=$(_sluice_verb)
	case $before in
	--socket | --pins | --against)
		mapfile -t COMPREPLY < <(compgen -f -- "$word")
		compopt -o filenames
		return
		;;
	--reason) words=$(_sluice_reasons) ;;
	--mode) words='native generic' ;;
	--for) words='10m 1h 1d' ;;
	--confirm) words='60s 5m' ;;
	--interval) words='1s 5s 1m' ;;
	--policy)
		mapfile -t COMPREPLY < <(compgen -f -- "$word")
		compopt -o filenames
		return
		;;
	--top) return ;;
	--after | --why | --src | --dst | --icmp-type | --length) return ;;
	--protocol) words='tcp udp icmp icmpv6 gre esp sctp' ;;
	*)
		case $verb in
		'') words="$verbs $globals --version" ;;
		lease)
			case ${COMP_WORDS[COMP_CWORD - 1]} in
			--cert | --key | --ca | --token-file)
				mapfile -t COMPREPLY < <(compgen -f -- "$word")
				compopt -o filenames
				return
				;;
			--bind) words="address prefix" ;;
			*) words="--server --cert --key --ca --system-ca --server-name --token-file --bind --once $globals" ;;
			esac
			;;
		identity) words="list revoke restore --why $globals $(_sluice_identities)" ;;
		audit)
			if [[ $word != -* ]]; then
				mapfile -t COMPREPLY < <(compgen -W verify -f -- "$word")
				compopt -o filenames
				return
			fi
			words="--after $globals"
			;;
		check | test | diff | apply)
			if [[ $word != -* ]]; then
				mapfile -t COMPREPLY < <(compgen -f -- "$word")
				compopt -o filenames
				return
			fi
			words=$globals
			[[ $verb != apply ]] || words="--observe --confirm --force $globals"
			[[ $verb != diff ]] || words="--against --exit-code $globals"
			;;
		replay)
			if [[ $word != -* ]]; then
				mapfile -t COMPREPLY < <(compgen -f -- "$word")
				compopt -o filenames
				return
			fi
			words="--policy --top $globals"
			;;
		promote) words="--confirm --force $globals" ;;
		top) words="--interval --rows --once $globals" ;;
		stats) words="--watch --interval --all $globals" ;;
		events) words="--follow --reason --reasons $globals" ;;
		ban | allow | deny) words="--for --why $globals" ;;
		explain) words="--src --dst --protocol --syn --fragment --icmp-type --length $globals" ;;
		attach) words="$(ls /sys/class/net 2>/dev/null) --mode $globals" ;;
		detach) words="$(ls /sys/class/net 2>/dev/null) $globals" ;;
		*) words=$globals ;;
		esac
		;;
	esac
	mapfile -t COMPREPLY < <(compgen -W "$words" -- "$word")
}

_sluice_dump() {
	local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]}

	COMPREPLY=()
	case $before in
	--pins)
		mapfile -t COMPREPLY < <(compgen -d -- "$word")
		compopt -o filenames
		;;
	--source) ;;
	*)
		mapfile -t COMPREPLY < <(compgen -W \
			'counters bans overlay leases limits sources --pins --json --prometheus --source --help --version' -- "$word")
		;;
	esac
}

complete -F _sluice sluice
complete -F _sluice_dump sluice-dump
