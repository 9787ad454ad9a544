# bash completion for lifeboat(1).  The tables at the end are made from the program's own.

# _lifeboat_offer PROGRAM WHAT DOOR...: what begins with $cur and may stand for WHAT, such as
# HOST|GUEST, PATH or observe|advise|act
_lifeboat_offer()
{
	local program=$1 what words=
	for what in ${2//|/ }; do
		case $what in
		HOST | GUEST | ORDER)
			words+=" $("$program" "${@:3}" --timeout 1s --names "$what" 2>/dev/null)"
			;;
		FILE | PATH)
			compopt -o filenames 2>/dev/null
			mapfile -t COMPREPLY < <(compgen -f -- "$cur")
			;;
		USER) mapfile -t COMPREPLY < <(compgen -u -- "$cur") ;;
		WHEN) words+=' auto never always' ;;
		*[A-Z]*) ;; # of its own making
		*) words+=" $what" ;;
		esac
	done
	[[ ! $words ]] || mapfile -t COMPREPLY < <(compgen -W "$words" -- "$cur")
}

_lifeboat()
{
	local IFS=$' \t\n' cur=${COMP_WORDS[COMP_CWORD]} i word
	local command='' place=0 option='' argument='' door=() operands=()
	COMPREPLY=()
	for ((i = 1; i < COMP_CWORD; i++)); do
		word=${COMP_WORDS[i]}
		if [[ $argument && $word == = ]]; then
			continue # --door=PATH comes as three words
		elif [[ $argument ]]; then
			[[ $option != --door ]] || door=(--door "$word")
			argument=
		elif [[ $word == -* ]]; then
			option=$word argument=${_lifeboat_argument[$word]-}
		elif [[ ! $command ]]; then
			command=$word
		else
			((place += 1))
		fi
	done
	if [[ $argument ]]; then
		[[ $cur != = ]] || cur=
		_lifeboat_offer "$1" "$argument" "${door[@]}"
	elif [[ $cur == -* && ! $command ]]; then
		_lifeboat_offer "$1" "${_lifeboat_options// /|}"
	elif [[ $cur == -* ]]; then
		word=${_lifeboat_options_of[$command]-}
		_lifeboat_offer "$1" "${word// /|}"
	elif [[ ! $command ]]; then
		_lifeboat_offer "$1" "${_lifeboat_commands// /|}"
	else
		read -ra operands <<<"${_lifeboat_operands[$command]-}"
		_lifeboat_offer "$1" "${operands[place]-}" "${door[@]}"
	fi
}
complete -F _lifeboat lifeboat

