/** What an answer names that mofa does not have: commands, flags, settings. Empty when all exist. */
export function inventions(answer, {commands, settings}) {
	const names = new Set(commands.flatMap(({names}) => names));
	const keys = new Set(settings.map(({key}) => key));
	const variables = new Set([...settings.map(({environment}) => environment), 'MOFA_HOME']);
	const general = new Set(['--version', '--help']);
	const allFlags = new Set([...commands.flatMap(({options}) => options.flatMap(({long, short}) => [long, short])), ...general]);
	const wrong = [];
	for (const [, code] of answer.matchAll(/`([^`]+)`/g)) {
		for (const [, rest] of code.matchAll(/(?:^|[|;(=] ?|\bsource <\(|1 )mofa(?= |$)([^|;)]*)/g)) {
			const words = rest.trim().split(/\s+/);
			const two = words.slice(0, 2).join(' ');
			const name = names.has(two) ? two : words[0];
			const command = commands.find(({names}) => names.includes(name));
			if (!command && !general.has(name)) wrong.push(`mofa ${name}`);
			const flags = rest.replace(/"[^"]*"/g, '').match(/(?<=\s)--?[a-z][\w-]*/g) ?? [];
			for (const flag of flags)
				if (!general.has(flag) && command && !command.options.some(({long, short}) => flag === long || flag === short)) wrong.push(`mofa ${name} ${flag}`);
			if (/^config (get|set)$/.test(two) && words[2] && !/^</.test(words[2]) && !keys.has(words[2])) wrong.push(`mofa ${two} ${words[2]}`);
		}
		if (!/mofa|npm|curl/.test(code))
			for (const flag of code.match(/(?<=^|\s)--[a-z][\w-]*/g) ?? []) if (!allFlags.has(flag)) wrong.push(flag);
	}
	for (const [name] of answer.matchAll(/\bMOFA_[A-Z_]+/g)) if (!variables.has(name)) wrong.push(name);
	for (const [flag] of answer.replace(/`[^`]*`/g, '').matchAll(/(?<=^|\s)--[a-z][\w-]*/g)) if (!allFlags.has(flag)) wrong.push(flag);
	return wrong;
}
