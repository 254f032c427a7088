#compdef mofa
# mofa completion for zsh: source <(mofa completion zsh)
_mofa() {
	local -a suggestions
	local value summary files=0
	while IFS=$'\t' read -r value summary; do
		if [[ "$value" == ":files" ]]; then
			files=1
		else
			suggestions+=("${value//:/\\:}:$summary")
		fi
	done < <("${words[1]}" __complete "${(@Q)words[2,CURRENT]}" 2>/dev/null)
	(( ${#suggestions} )) && _describe -t mofa 'mofa' suggestions
	(( files )) && _files
	return 0
}
if [[ "${zsh_eval_context[-1]}" == loadautofunc ]]; then
	_mofa "$@"
else
	compdef _mofa mofa
fi
