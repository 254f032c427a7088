import type {Command, Option} from './reference.ts';

/**
 * An option whose value may be left out takes the next word only if that is one of its values; otherwise
 * `mofa run --think "Why is the sky blue?"` would take the question for an effort. The value is then tied on with `=`,
 * and an option without one becomes `--think=on`. What follows `--` is left alone.
 */
export function settleOptionalValues(argv: readonly string[], commands: readonly Command[]): readonly string[] {
	const command = commands.find(({name, aliases}) => name === argv[0] || aliases?.includes(argv[0] ?? ''));
	const values = new Map((command?.options ?? []).flatMap(optionalValue));
	if (values.size === 0) return argv;
	const settled: string[] = [];
	let rest = [...argv];
	while (rest.length > 0) {
		const [word = '', next = ''] = rest;
		const allowed = values.get(word);
		if (word === '--') return [...settled, ...rest];
		const takesNext = allowed?.includes(next) ?? false;
		settled.push(allowed === undefined ? word : `${word}=${takesNext ? next : 'on'}`);
		rest = rest.slice(takesNext ? 2 : 1);
	}
	return settled;
}

function optionalValue({flags, completes}: Option): Array<readonly [string, readonly string[]]> {
	const long = /(--[\w-]+) \[/.exec(flags)?.[1];
	return long !== undefined && Array.isArray(completes) ? [[long, completes]] : [];
}
