import type {Output} from './terminal.ts';

export type Style = 'bold' | 'dim' | 'red' | 'green' | 'yellow' | 'cyan';

const codes: Readonly<Record<Style, readonly [number, number]>> = {
	bold: [1, 22],
	dim: [2, 22],
	red: [31, 39],
	green: [32, 39],
	yellow: [33, 39],
	cyan: [36, 39],
};

/** The text as it is wherever colour is not wanted. */
export function styled(output: Pick<Output, 'color'>, style: Style, text: string): string {
	if (!output.color || text === '') return text;
	const [on, off] = codes[style];
	return `\u001B[${on}m${text}\u001B[${off}m`;
}

/** `FORCE_COLOR` beats `NO_COLOR` beats what the stream is. See no-color.org and force-color.org. */
export function wantsColor(isTerminal: boolean, env: Readonly<Record<string, string | undefined>>): boolean {
	const forced = env['FORCE_COLOR'];
	if (forced !== undefined && forced !== '') return forced !== '0' && forced !== 'false';
	if (env['NO_COLOR']) return false;
	return isTerminal && env['TERM'] !== 'dumb';
}
