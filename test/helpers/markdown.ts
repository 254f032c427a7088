export interface Fence {
	/** Number of its first line in the file, for messages. */
	readonly line: number;
	/** What stands after the three back-ticks, as words. */
	readonly info: readonly string[];
	readonly lines: readonly string[];
}

export interface Step {
	readonly command: string;
	readonly output: readonly string[];
}

/** Every fenced block of a Markdown text. */
export function fences(text: string): readonly Fence[] {
	const found: Fence[] = [];
	let open: {line: number; mark: string; info: string[]; lines: string[]} | undefined;
	for (const [index, line] of text.split('\n').entries()) {
		const mark = /^\s*(`{3,}|~{3,})(.*)$/.exec(line);
		if (open === undefined && mark !== null)
			open = {line: index + 2, mark: mark[1] ?? '', info: (mark[2] ?? '').trim().split(/\s+/), lines: []};
		else if (open !== undefined && mark !== null && mark[2]?.trim() === '' && (mark[1] ?? '').startsWith(open.mark)) {
			found.push(open);
			open = undefined;
		} else open?.lines.push(line);
	}
	return found;
}

/** The text without its fenced blocks. */
export function prose(text: string): string {
	return text.replaceAll(/^\s*(`{3,}|~{3,}).*\n[^]*?^\s*\1`*\s*$/gm, '');
}

/** In a `console` block `$ ` begins a command and what follows is its output; elsewhere every line is a command. */
export function stepsOf({info, lines}: Fence): readonly Step[] {
	const steps: Array<{command: string; output: string[]}> = [];
	let continued = false;
	for (const line of lines) {
		const last = steps.at(-1);
		if (continued && last !== undefined) last.command = `${last.command.slice(0, -1)}${line.replace(/^>/, '').trim()}`;
		else if (info[0] !== 'console') steps.push({command: line.trim(), output: []});
		else if (line.startsWith('$ ')) steps.push({command: line.slice(2).trim(), output: []});
		else if (last !== undefined) last.output.push(line);
		continued = steps.at(-1)?.command.endsWith('\\') === true && (continued || steps.at(-1)?.output.length === 0);
	}
	return steps.filter(({command}) => command !== '' && !command.startsWith('#'));
}

/** A pattern for a block of output, in which `…` stands for anything, lines included. */
export function outputPattern(lines: readonly string[]): RegExp {
	const text = lines
		.map(line => line.trimEnd())
		.join('\n')
		.trimEnd();
	return new RegExp(
		`^${text
			.split(/[ \t]*…/)
			.map(literal)
			.join('[^]*')}\\s*$`,
	);
}

const literal = (text: string): string => text.replaceAll(/[$()*+.?[\\\]^{|}]/g, '\\$&');
