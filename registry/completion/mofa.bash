# mofa completion for bash: source <(mofa completion bash)
_mofa() {
	local line="${COMP_LINE:0:COMP_POINT}" current value rest
	local -a words
	line="${line#*"$1"}"
	read -ra words <<<"$line"
	[[ -z "$line" || "$line" == *[[:space:]] ]] && words+=("")
	current="${words[${#words[@]}-1]}"
	# bash replaces only what follows the last : or =, so the part before it may not be repeated.
	local kept=""
	[[ "$current" == *[:=]* ]] && kept="${current%"${current##*[:=]}"}"
	COMPREPLY=()
	while IFS=$'\t' read -r value rest; do
		if [[ "$value" == ":files" ]]; then
			compopt -o filenames 2>/dev/null
			while IFS= read -r value; do COMPREPLY+=("$value"); done < <(compgen -f -- "$current")
		elif [[ -n "$kept" ]]; then
			COMPREPLY+=("${value#"$kept"}")
		else
			COMPREPLY+=("$value")
		fi
	done < <("$1" __complete "${words[@]}" 2>/dev/null)
}
complete -F _mofa mofa
