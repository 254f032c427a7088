/** The commands of one line of a shell, each as its words: quotes and escapes undone, redirections and comments gone. */
export function shellCommands(line: string): ReadonlyArray<readonly string[]> {
	const commands: string[][] = [[]];
	let word: string | undefined;
	let quote = '';
	const end = (): void => {
		if (word !== undefined) commands.at(-1)?.push(word);
		word = undefined;
	};
	for (let index = 0; index < line.length; index++) {
		const letter = line[index] ?? '';
		if (quote !== '') {
			if (letter === quote) quote = '';
			else if (letter === '\\' && quote === '"' && /["\\$`]/.test(line[index + 1] ?? '')) word += line[++index] ?? '';
			else word += letter;
		} else if (letter === '"' || letter === "'") {
			quote = letter;
			word ??= '';
		} else if (letter === '\\') word = (word ?? '') + (line[++index] ?? '');
		else if (letter === '#' && word === undefined) break;
		else if (/\s/.test(letter)) end();
		else if (/[|&;()<>]/.test(letter)) {
			// `2>file`: the number belongs to the arrow; the file belongs to the command, and is dropped with what follows.
			if (letter === '>' && /^\d$/.test(word ?? '')) word = undefined;
			end();
			commands.push(/[<>]/.test(letter) && line[index + 1] !== '(' ? ['>'] : []);
		} else word = (word ?? '') + letter;
	}
	end();
	return commands.filter(([first]) => first !== undefined && first !== '>');
}

/** What mofa itself is given, where the command is mofa; undefined where it is another. */
export function mofaWords(words: readonly string[]): readonly string[] | undefined {
	const [first, ...others] = words;
	if (first === undefined) return undefined;
	if (first === 'mofa') return others;
	if (first === 'npx' || first === 'exec' || first === 'time' || first === 'sudo' || /^[A-Z_]+=/.test(first))
		return mofaWords(others);
	return undefined;
}
